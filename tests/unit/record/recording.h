// SPDX-License-Identifier: Apache-2.0
// What the recorder's tests share: a folder of their own, packets, and the reader of captures to
// look at what was written.
#pragma once

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ingest/source.h>
#include <iterator>
#include <map>
#include <record/recorder.h>
#include <support/capture_writer.h>

namespace recording {

constexpr std::chrono::seconds kLimit{30};

class Folder
{
public:
    Folder()
    {
        std::string name =
            (std::filesystem::temp_directory_path() / "earshot-record-XXXXXX").string();
        m_path = ::mkdtemp(name.data());
    }
    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;

    std::string path(const std::string &name) const { return (m_path / name).string(); }
    std::size_t files() const
    {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(m_path),
                                                      std::filesystem::directory_iterator()));
    }
    std::uint64_t bytes() const
    {
        std::uint64_t out = 0;
        for (const auto &entry : std::filesystem::directory_iterator(m_path))
            out += entry.file_size();
        return out;
    }

private:
    std::filesystem::path m_path;
};

inline std::string contents(const std::string &path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline base::Instant at(std::int64_t milliseconds)
{
    return {1'700'000'000'000'000'000 + milliseconds * 1'000'000};
}

inline std::string options(int number, std::string_view transport = "UDP")
{
    return fmt::format("OPTIONS sip:b@example.test SIP/2.0\r\n"
                       "Via: SIP/2.0/{} 192.0.2.1:5060;branch=z9hG4bK{}\r\nMax-Forwards: 70\r\n"
                       "From: <sip:a@example.test>;tag=a\r\nTo: <sip:b@example.test>\r\n"
                       "Call-ID: {}\r\nCSeq: {} OPTIONS\r\nContent-Length: 0\r\n\r\n",
                       transport, number, number, number + 1);
}

inline base::Packet datagram(int number, base::Instant time = at(0))
{
    base::Packet packet;
    packet.time = time;
    packet.transport = base::Transport::Udp;
    packet.origin = base::Origin::Tap;
    packet.hint = base::PayloadHint::Sip;
    packet.outgoing = true;
    packet.source = support::endpoint("192.0.2.1:5060");
    packet.destination = support::endpoint("192.0.2.2:5060");
    packet.payload = base::Blob::copy(options(number));
    return packet;
}

struct Read {
    std::vector<base::Packet> packets;
    std::vector<std::string> flaws;
    std::map<std::string, std::string> names;
    base::Result<ingest::Outcome> outcome = base::fail(base::ErrorCode::Internal, "not run");
};

inline Read readFile(const std::string &path)
{
    Read out;
    const std::atomic<bool> cancel{false};
    ingest::Sink sink;
    sink.emit = [&](base::Packet packet) {
        out.packets.push_back(std::move(packet));
        return true;
    };
    sink.endName = [&](const base::Endpoint &end, std::string_view name) {
        out.names.emplace(end.text(), name);
    };
    sink.flaw = [&](std::string sentence) { out.flaws.push_back(std::move(sentence)); };
    out.outcome = ingest::readFile(path, sink, cancel);
    return out;
}

} // namespace recording
