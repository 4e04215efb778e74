// SPDX-License-Identifier: Apache-2.0
// Many calls and requests at once, over one connection.
#include "incoming.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using ear::Ear;
using engine::CallStep;
using incoming::Incoming;
using testing::HasSubstr;

/// A connection to the engine that is not read by anybody else.
class Flood : public Incoming
{
public:
    explicit Flood(std::chrono::milliseconds t1 = std::chrono::milliseconds(200)) : Incoming(t1)
    {
        fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = htons(port);
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr *>(&name), sizeof name), 0);
    }
    ~Flood() override { ::close(fd); }
    std::string request(const std::string &method, int number)
    {
        return of("flood-" + std::to_string(number), method, 1, "flood" + std::to_string(number));
    }
    static std::string of(const std::string &callId, const std::string &method, int cseq,
                          const std::string &branch, const std::string &tag = "")
    {
        return sip::Writer::request(method, "sip:me@127.0.0.1;transport=tcp")
            .header("Via", "SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK" + branch)
            .header("From", "<sip:caller@127.0.0.1>;tag=c")
            .header("To", "<sip:me@127.0.0.1>" + (tag.empty() ? "" : ";tag=" + tag))
            .header("Call-ID", callId)
            .header("CSeq", std::to_string(cseq) + " " + method)
            .header("Contact", "<sip:caller@127.0.0.1:9;transport=tcp>")
            .header("Max-Forwards", "70")
            .text();
    }
    /// A call over this connection that was answered; its To-tag.
    std::string talk()
    {
        send(request("INVITE", 0));
        EXPECT_TRUE(ear.waitFor(CallStep::Incoming));
        ear.engine->answer(ear.first(CallStep::Incoming).call, ear::kAnswer);
        EXPECT_TRUE(came("200", 1, std::chrono::seconds(30)));
        const auto at = read.find("\nTo: ");
        const auto tag = read.find(";tag=", at) + 5;
        const auto out = read.substr(tag, read.find('\r', tag) - tag);
        send(of("flood-0", "ACK", 1, "ack", out));
        EXPECT_TRUE(ear.waitFor(CallStep::Answered));
        return out;
    }
    void send(const std::string &text)
    {
        EXPECT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    std::size_t found(const std::string &what) const
    {
        std::size_t out = 0;
        for (auto at = read.find(what); at != std::string::npos; at = read.find(what, at + 1))
            ++out;
        return out;
    }
    void receive()
    {
        char buffer[4096];
        const ssize_t n = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
        read.append(buffer, n > 0 ? static_cast<std::size_t>(n) : 0);
    }
    /// What came so far; `times` responses begin with "SIP/2.0 " and `status`.
    bool came(const std::string &status, std::size_t times, std::chrono::milliseconds limit)
    {
        return support::stepUntil([&] { return found("SIP/2.0 " + status) >= times; }, limit,
                                  [&] { receive(); });
    }
    /// The sum of the numbers that stand in front of `unit` in all that was told.
    std::size_t sum(base::LocalKind kind, const std::string &unit)
    {
        std::size_t out = 0;
        for (const auto &each : ear.told(kind)) {
            const auto at = each.sentence.find(unit);
            if (at == std::string::npos)
                continue;
            const auto begin = each.sentence.find_last_not_of("0123456789", at - 1) + 1;
            out += static_cast<std::size_t>(std::stoul(each.sentence.substr(begin, at - begin)));
        }
        return out;
    }
    std::string told(base::LocalKind kind, const std::string &what)
    {
        std::string out;
        support::stepUntil(
            [&] {
                for (const auto &each : ear.told(kind))
                    if (each.sentence.find(what) != std::string::npos)
                        out = each.sentence;
                return !out.empty();
            },
            std::chrono::seconds(30));
        return out;
    }

    int fd = -1;
    std::string read;
};

TEST_F(Flood, CallsBeyondTheLimitAreTurnedAwayAndCounted)
{
    for (int i = 0; i < 19; ++i)
        send(request("INVITE", i));
    EXPECT_TRUE(came("486", 3, std::chrono::seconds(30)));
    EXPECT_EQ(ear.count(CallStep::Incoming), 16);
    // They may stand in two notes, if a second ended between them.
    const auto counted = [this] {
        return sum(base::LocalKind::Note, " incoming calls were answered with 486");
    };
    EXPECT_TRUE(support::stepUntil([&] { return counted() >= 3; }, std::chrono::seconds(30)));
    EXPECT_EQ(counted(), 3U);
}

TEST_F(Flood, RequestsOfAConnectionAreLimited)
{
    std::string burst;
    for (int i = 0; i < 2000; ++i)
        burst += request("OPTIONS", i);
    send(burst);
    EXPECT_THAT(told(base::LocalKind::GuardRefused, "More than 200 requests"),
                HasSubstr("127.0.0.1"));
    EXPECT_TRUE(came("200", 200, std::chrono::seconds(30)));
    // What was not answered is counted, every one of them, and told when its second is over.
    const auto dropped = [this] {
        return sum(base::LocalKind::GuardRefused, " of them were not answered") +
               sum(base::LocalKind::GuardRefused, " of them was not answered");
    };
    EXPECT_TRUE(support::stepUntil([&] { return dropped() + found("SIP/2.0 200") >= 2000; },
                                   std::chrono::seconds(30), [&] { receive(); }));
    EXPECT_EQ(dropped() + found("SIP/2.0 200"), 2000U);
}

TEST_F(Flood, AByeOfACallGetsThrough)
{
    const auto tag = talk();
    std::string burst;
    for (int i = 1; i <= 1000; ++i)
        burst += request("OPTIONS", i);
    send(burst + of("flood-0", "BYE", 2, "bye", tag));
    EXPECT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_TRUE(support::stepUntil([&] { return found("CSeq: 2 BYE\r\n") == 1; },
                                   std::chrono::seconds(30), [&] { receive(); }));
}

TEST_F(Flood, WithinACallThereIsALimitToo)
{
    const auto tag = talk();
    std::string burst;
    for (int i = 2; i <= 2000; ++i)
        burst += of("flood-0", "INFO", i, "info" + std::to_string(i), tag);
    send(burst);
    EXPECT_THAT(told(base::LocalKind::GuardRefused, "not answered"),
                HasSubstr("More than 200 requests"));
}

/// Calls that are over linger here for two minutes.
class LongFlood : public Flood
{
public:
    LongFlood() : Flood(std::chrono::seconds(2)) {}
};

TEST_F(LongFlood, CallsThatEndAtOnceDoNotFillTheMemory)
{
    std::size_t ended = 0;
    for (int i = 0; ended < 290 && i < 1000; ++i) {
        send(request("INVITE", i) + request("CANCEL", i));
        // What the limit dropped is not answered: the next second takes the next one.
        ended += came("487", ended + 1, std::chrono::milliseconds(1100)) ? 1 : 0;
    }
    ASSERT_EQ(ended, 290U);
    EXPECT_THAT(told(base::LocalKind::Note, "forgotten early"), HasSubstr("flood"));
}

} // namespace
