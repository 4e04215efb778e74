// SPDX-License-Identifier: Apache-2.0
// A tiny registrar with outbound for the flow tests: accepts REGISTERs, answers pings if told to,
// remembers the way to each flow so that a test can cut it or send an INVITE down it.
#pragma once

#include "peer.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>

namespace peer {

/// Set by the test while the peer's thread reads it: a late datagram of a test before may come in
/// at any moment.
class SharedText
{
public:
    SharedText &operator=(std::string text)
    {
        std::lock_guard guard(m_mutex);
        m_text = std::move(text);
        return *this;
    }
    std::string get() const
    {
        std::lock_guard guard(m_mutex);
        return m_text;
    }

private:
    mutable std::mutex m_mutex;
    std::string m_text;
};

class Registrar
{
public:
    Registrar()
        : m_peer(
              [this](Peer &, const sip::Message &message, const Way &way) { handle(message, way); },
              [this](Peer &, bool ping, const Way &way) { keepAlive(ping, way); },
              [this](Peer &, const std::string &datagram, const Way &way) {
                  return stun(datagram, way);
              })
    {
    }
    std::string uri() const { return "sip:127.0.0.1:" + std::to_string(m_peer.port()); }
    std::string proxy() const { return uri() + ";transport=tcp"; }
    Peer &peer() { return m_peer; }
    /// INVITE responses and so on.
    void others(Peer::Handler handler)
    {
        std::lock_guard guard(m_mutex);
        m_others = std::move(handler);
    }
    /// Empty while the flow has not registered.
    Way way(const std::string &regId) const
    {
        std::lock_guard guard(m_mutex);
        const auto found = m_ways.find(regId);
        return found == m_ways.end() ? Way{} : found->second;
    }
    std::vector<std::string> registers(const std::string &regId) const
    {
        std::vector<std::string> out;
        for (const auto &text : m_peer.texts())
            if (text.compare(0, 9, "REGISTER ") == 0 &&
                text.find(";reg-id=" + regId + ";") != std::string::npos)
                out.push_back(text);
        return out;
    }

    /// How often the first STUN transaction was sent that never got an answer.
    int requestsOfFirstUnanswered() const
    {
        std::lock_guard guard(m_mutex);
        return static_cast<int>(
            std::count(m_unanswered.begin(), m_unanswered.end(),
                       m_unanswered.empty() ? std::string() : m_unanswered.front()));
    }

    std::atomic<bool> pongs{true}, outbound{true};
    std::atomic<int> mappedShift{0}; // what a NAT adds to the port that STUN tells
    std::atomic<int> status{200}, pingsSeen{0}, pongsSeen{0};
    SharedText
        challenge;    // set before the engine starts: the first REGISTER of each flow gets a 401
    SharedText extra; // further header lines of the 200, "Name: value"

private:
    void keepAlive(bool ping, const Way &way)
    {
        ++(ping ? pingsSeen : pongsSeen);
        if (ping && pongs)
            m_peer.send(way, "\r\n");
    }
    bool stun(const std::string &datagram, const Way &way)
    {
        if (datagram.size() != 20 || datagram[0] != 0)
            return false;
        ++pingsSeen;
        const std::string transaction = datagram.substr(8); // RFC 5389 section 6
        const bool answers = pongs;
        {
            std::lock_guard guard(m_mutex);
            if (answers)
                m_answered.insert(transaction);
            else if (m_answered.count(transaction) == 0)
                m_unanswered.push_back(transaction);
        }
        if (!answers)
            return true;
        const auto &from = way.remote;
        const int port = (from.port + mappedShift) ^ 0x2112;
        std::string out = datagram.substr(0, 20);
        out[0] = 1; // binding success, one attribute of 8 octets
        out[3] = 12;
        out += std::string("\x00\x20\x00\x08\x00\x01", 6);
        out += {static_cast<char>(port >> 8), static_cast<char>(port & 0xFF)};
        for (std::size_t i = 0; i < 4; ++i)
            out += static_cast<char>(from.address.bytes[i] ^
                                     static_cast<std::uint8_t>(datagram[4 + i]));
        m_peer.send(way, out);
        return true;
    }
    void handle(const sip::Message &message, const Way &way)
    {
        if (!message.isRequest() || message.method != sip::Method::Register) {
            Peer::Handler handler;
            {
                std::lock_guard guard(m_mutex);
                handler = m_others;
            }
            if (handler)
                handler(m_peer, message, way);
            return;
        }
        if (const auto asked = challenge.get();
            !asked.empty() && message.find(sip::HeaderId::Authorization) == nullptr) {
            m_peer.send(
                way,
                sip::responseTo(message, 401, "", "reg").header("WWW-Authenticate", asked).text());
            return;
        }
        const auto contact = message.value(sip::HeaderId::Contact);
        {
            std::lock_guard guard(m_mutex);
            m_ways[std::string(sip::parameter(contact, "reg-id").value_or(""))] = way;
        }
        auto response = sip::responseTo(message, status, "", "reg");
        if (status == 200) {
            response.header("Contact", contact);
            if (outbound && contact.find("reg-id") != std::string_view::npos)
                response.header("Require", "outbound");
            if (const auto more = extra.get(); !more.empty())
                response.header(more.substr(0, more.find(':')), more.substr(more.find(':') + 2));
        }
        m_peer.send(way, response.text());
    }

    mutable std::mutex m_mutex;
    std::map<std::string, Way> m_ways;
    Peer::Handler m_others;
    std::set<std::string> m_answered;      // STUN transactions
    std::vector<std::string> m_unanswered; // each request of those without answer
    Peer m_peer;                           // last: its thread uses the others
};

} // namespace peer
