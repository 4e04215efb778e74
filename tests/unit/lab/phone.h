// SPDX-License-Identifier: Apache-2.0
// A test's own end of the wire: plain sockets, messages written with sip::Writer, waiting with a
// limit.
#pragma once

#include <arpa/inet.h>
#include <base/endpoint.h>
#include <base/text.h>
#include <deque>
#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <poll.h>
#include <sip/framer.h>
#include <sip/message.h>
#include <sip/write.h>
#include <sys/socket.h>
#include <unistd.h>

namespace test {

inline base::Endpoint endpointOf(std::string_view uri)
{
    const auto at = uri.find("127.0.0.1:");
    return base::Endpoint::parse(uri.substr(at, uri.find_first_of(";>", at) - at))
        .value_or(base::Endpoint{});
}

/// Either a UDP socket or, when connected, a TCP connection.
class Phone
{
public:
    Phone() : m_fd(socket(AF_INET, SOCK_DGRAM, 0)) { bindLoopback(); }
    explicit Phone(const base::Endpoint &server)
        : m_fd(socket(AF_INET, SOCK_STREAM, 0)), m_stream(true)
    {
        bindLoopback();
        sockaddr_storage address{};
        const auto length = server.toSocketAddress(address);
        EXPECT_EQ(connect(m_fd, reinterpret_cast<sockaddr *>(&address), length), 0);
    }
    ~Phone() { hangUp(); }
    Phone(const Phone &) = delete;
    Phone &operator=(const Phone &) = delete;

    void hangUp()
    {
        if (m_fd >= 0)
            close(m_fd);
        m_fd = -1;
    }
    const base::Endpoint &local() const { return m_local; }
    std::string via(std::string_view branch) const
    {
        return fmt::format("SIP/2.0/{} {};branch=z9hG4bK{};rport", m_stream ? "TCP" : "UDP",
                           m_local.text(), branch);
    }
    void send(std::string_view text, const base::Endpoint &to = {})
    {
        sockaddr_storage address{};
        const auto length = to.toSocketAddress(address);
        ASSERT_EQ(sendto(m_fd, text.data(), text.size(), MSG_NOSIGNAL,
                         length == 0 ? nullptr : reinterpret_cast<sockaddr *>(&address), length),
                  static_cast<ssize_t>(text.size()));
    }
    /// Next raw datagram or frame; empty: nothing came in time.
    std::string receive(int milliseconds = 3000)
    {
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
        while (m_frames.empty()) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                                  end - std::chrono::steady_clock::now())
                                  .count();
            pollfd descriptor{m_fd, POLLIN, 0};
            if (left < 0 || poll(&descriptor, 1, static_cast<int>(left)) <= 0)
                return {};
            char buffer[65536];
            const auto got = recv(m_fd, buffer, sizeof buffer, 0);
            if (got <= 0)
                return {};
            const std::string_view bytes(buffer, static_cast<std::size_t>(got));
            if (m_stream)
                for (auto &frame : m_framer.add(bytes, {1}))
                    m_frames.push_back(std::move(frame.text));
            else
                m_frames.emplace_back(bytes);
        }
        auto out = std::move(m_frames.front());
        m_frames.pop_front();
        return out;
    }
    /// The next message for which `wanted` holds; others are counted in `skipped`. nullopt: did not
    /// come in time.
    std::optional<sip::Message> await(const std::function<bool(const sip::Message &)> &wanted,
                                      int milliseconds = 3000)
    {
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
        while (std::chrono::steady_clock::now() < end) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                                  end - std::chrono::steady_clock::now())
                                  .count();
            auto text = receive(static_cast<int>(left));
            if (text.empty())
                return std::nullopt;
            m_kept.push_back(std::move(text));
            auto message = sip::parse(m_kept.back());
            if (message && wanted(*message))
                return message;
            ++skipped;
        }
        return std::nullopt;
    }
    std::optional<sip::Message> awaitStatus(int status, std::string_view method = "INVITE")
    {
        return await(
            [=](const sip::Message &m) { return m.status == status && m.methodText == method; });
    }
    std::optional<sip::Message> awaitRequest(std::string_view method)
    {
        return await(
            [=](const sip::Message &m) { return m.isRequest() && m.methodText == method; });
    }
    int skipped = 0;

private:
    void bindLoopback()
    {
        sockaddr_storage address{};
        socklen_t length =
            base::Endpoint{base::Address::v4(0x7F000001), 0}.toSocketAddress(address);
        EXPECT_EQ(bind(m_fd, reinterpret_cast<sockaddr *>(&address), length), 0);
        length = sizeof address;
        getsockname(m_fd, reinterpret_cast<sockaddr *>(&address), &length);
        m_local = base::Endpoint::of(reinterpret_cast<sockaddr *>(&address));
    }

    int m_fd;
    bool m_stream = false;
    base::Endpoint m_local;
    sip::Framer m_framer;
    std::deque<std::string> m_frames;
    std::deque<std::string> m_kept;
};

inline sip::Writer request(const Phone &phone, std::string_view method, std::string_view uri,
                           std::string_view toTag, unsigned cseq,
                           std::string_view callId = "call-1", std::string_view branch = {})
{
    auto writer = sip::Writer::request(method, uri);
    writer.header(
        "Via", phone.via(branch.empty() ? fmt::format("{}{}", method, cseq) : std::string(branch)));
    writer.header("Max-Forwards", "70").header("From", "<sip:alice@127.0.0.1>;tag=alice");
    writer.header("To",
                  fmt::format("<{}>{}", uri, toTag.empty() ? "" : fmt::format(";tag={}", toTag)));
    writer.header("Call-ID", callId).header("CSeq", fmt::format("{} {}", cseq, method));
    writer.header("Contact", fmt::format("<sip:alice@{}>", phone.local().text()));
    return writer;
}

} // namespace test
