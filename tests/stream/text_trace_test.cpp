// SPDX-License-Identifier: Apache-2.0
// A text trace from the bytes to the reports: what it does not tell is shown as unknown.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <report/format.h>
#include <session/session.h>
#include <set>
#include <sstream>
#include <support/capture_writer.h>
#include <support/log_writer.h>

namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
namespace logs = support::logs;

struct Read {
    explicit Read(const std::string &text)
    {
        session::Options options;
        options.live = false;
        session = std::move(*session::Session::open(options));
        const auto begun = session->importBytes("pasted", text);
        EXPECT_TRUE(begun) << begun.error().sentence;
        EXPECT_TRUE(session->settle(std::chrono::seconds(20)));
        for (const auto &view : session->calls())
            calls.push_back({view->call, view->streams, view->findings, {}, view->now});
        input = std::make_unique<report::ReportInput>(
            report::ReportInput{session->trace(), calls, {}, {}, {}, "pasted", true, {}});
    }
    std::string write(std::string_view id) const
    {
        std::ostringstream out;
        report::format(id)->write(*input, out);
        return out.str();
    }

    std::unique_ptr<session::Session> session;
    std::vector<report::ReportCall> calls;
    std::unique_ptr<report::ReportInput> input;
};

std::string bare()
{
    std::string out;
    for (const auto &said : logs::call())
        out += logs::lineFeeds(said.text) + "\n";
    return out;
}

} // namespace

TEST(TextTrace, ofBareMessagesTellsAnOrderAndTheTwoSides)
{
    const Read read(bare());
    ASSERT_EQ(read.calls.size(), 1U);
    const auto &call = *read.calls[0].call;
    EXPECT_EQ(call.state, calls::State::Ended);
    EXPECT_EQ(call.finalStatus, 200);
    EXPECT_EQ(call.earlyDialogs.size(), 1U);
    EXPECT_EQ(call.retransmissions, 0U);
    EXPECT_TRUE(read.calls[0].findings.empty()) << read.calls[0].findings[0].text;

    const auto told = json::parse(read.write("json"))["calls"][0];
    EXPECT_TRUE(told["started"].is_null());
    EXPECT_TRUE(told["answered"].is_null());
    for (const auto &response : told["responses"]) {
        EXPECT_TRUE(response["from"].is_null());
        EXPECT_TRUE(response["seconds"].is_null());
    }
    ASSERT_EQ(told["ladder"].size(), 9U);
    EXPECT_EQ(told["ladder"][0]["from"], "caller");
    EXPECT_EQ(told["ladder"][0]["to"], "callee");
    EXPECT_EQ(told["ladder"][2]["from"], "callee");
    EXPECT_TRUE(told["ladder"][2]["seconds"].is_null());

    const std::string text = read.write("text");
    EXPECT_THAT(text, HasSubstr("time unknown"));
    EXPECT_THAT(text, HasSubstr("address unknown"));
    EXPECT_THAT(text, Not(HasSubstr("1970")));
    EXPECT_THAT(read.write("html"), Not(HasSubstr("1970")));
}

TEST(TextTrace, ofOneHostShowsThatHostAsUnknown)
{
    std::string log;
    for (const auto &said : logs::call())
        log += fmt::format(
            "{} {} bytes {} udp/[{}]:{} at {}:\n{}\v\n", said.received ? "recv" : "send",
            said.text.size(), said.received ? "from" : "to",
            (said.received ? said.from : said.to).address.text(),
            (said.received ? said.from : said.to).port, logs::clock(said.time), said.text);
    const Read read(log);
    ASSERT_EQ(read.calls.size(), 1U);
    EXPECT_EQ(read.calls[0].call->transactions.size(), 4U); // INVITE, PRACK, ACK, BYE
    EXPECT_TRUE(read.calls[0].findings.empty()) << read.calls[0].findings[0].text;
    const auto told = json::parse(read.write("json"))["calls"][0];
    EXPECT_EQ(told["started"], "12:34:56.789"); // a time of day, no date
    EXPECT_EQ(told["answered"], 2.0);
    EXPECT_EQ(told["ladder"][0]["from"], "192.0.2.1");
    EXPECT_EQ(told["ladder"][0]["to"], "the log's host");
    EXPECT_EQ(told["ladder"][2]["seconds"], 0.5);
    EXPECT_TRUE(told["responses"][0]["from"].is_null());
    EXPECT_EQ(told["responses"][0]["to"], "192.0.2.1:5060");
    EXPECT_THAT(read.write("text"), HasSubstr("12:34:56.789, date unknown"));
}

namespace {

/// As the machine of one side writes it.
std::string logOf(bool bobs)
{
    std::string log;
    for (const auto &said : logs::call()) {
        const bool received = said.received == bobs;
        const base::Endpoint &peer = received ? said.from : said.to;
        log += fmt::format("{} {} bytes {} udp/[{}]:{} at {}:\n{}\v\n", received ? "recv" : "send",
                           said.text.size(), received ? "from" : "to", peer.address.text(),
                           peer.port, logs::clock(said.time), said.text);
    }
    return log;
}

/// The ends of the ladder's lanes that rows use, as the session filed them.
std::set<std::string> ends(const session::Session &session)
{
    std::set<std::string> out;
    for (std::uint32_t i = 0; i < session.trace().size(); ++i) {
        out.insert(session.trace().source({i}).text());
        out.insert(session.trace().destination({i}).text());
    }
    return out;
}

} // namespace

/// Each writer is a host of its own: its own Via tells who it is, or the other one's log does.
TEST(TextTrace, ofTwoHostsShowsTwoHosts)
{
    const support::TemporaryFile alice("alice.log", logOf(false)), bob("bob.log", logOf(true));
    session::Options options;
    options.live = false;
    const auto session = std::move(*session::Session::open(options));
    ASSERT_TRUE(session->import(alice.path(), {}, bob.path()));
    ASSERT_TRUE(session->settle(std::chrono::seconds(20)));
    EXPECT_THAT(session->last()->import.flaws,
                testing::Contains(HasSubstr("it is 192.0.2.1:5060, as the Via")));
    ASSERT_TRUE(session->import(bob.path()));
    ASSERT_TRUE(session->settle(std::chrono::seconds(20)));
    EXPECT_THAT(session->last()->import.flaws,
                testing::Contains(HasSubstr("it is 198.51.100.7:5070, as messages that another")));
    EXPECT_THAT(ends(*session), testing::ElementsAre("192.0.2.1:5060", "198.51.100.7:5070"));
    ASSERT_EQ(session->calls().size(), 1U);
    EXPECT_EQ(session->calls()[0]->call->retransmissions, 0U);
    EXPECT_EQ(session->calls()[0]->call->transactions.size(), 4U);
}

/// Where nothing tells, or what tells contradicts itself, nobody is named.
TEST(TextTrace, ofAHostThatNobodyNamesStaysUnknown)
{
    std::string odd = logOf(false); // every request by another address: no single host
    int number = 20;
    for (auto at = odd.find("UDP 192.0.2.1:"); at != std::string::npos;
         at = odd.find("UDP 192.0.2.1:", at))
        odd.replace(at, 13, fmt::format("UDP 192.0.2.{}", ++number));
    const support::TemporaryFile first("odd.log", odd), second("bob.log", logOf(true));
    session::Options options;
    options.live = false;
    const auto session = std::move(*session::Session::open(options));
    ASSERT_TRUE(session->import(first.path(), {}, second.path()));
    ASSERT_TRUE(session->settle(std::chrono::seconds(20)));
    EXPECT_TRUE(ends(*session).contains(base::Endpoint{}.text()));
}

TEST(TextTrace, retransmissionsWithoutTimesAreNoCopies)
{
    const auto story = logs::call();
    const Read read(story[0].text + story[0].text + story[5].text + story[5].text);
    ASSERT_EQ(read.calls.size(), 1U);
    EXPECT_EQ(read.calls[0].call->retransmissions, 2U);
}

TEST(TextTrace, withoutSipIsRefusedInASentence)
{
    session::Options options;
    options.live = false;
    const auto session = session::Session::open(options);
    ASSERT_TRUE(session);
    const auto refused = (*session)->importBytes("pasted", "dear diary");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().sentence, HasSubstr("no text with SIP"));
    EXPECT_FALSE((*session)->importBytes("pasted", ""));
    ASSERT_TRUE((*session)->importBytes("pasted", std::string(5000, 'x')));
    ASSERT_TRUE((*session)->settle(std::chrono::seconds(20)));
    EXPECT_THAT((*session)->last()->import.error, HasSubstr("holds no SIP"));
}
