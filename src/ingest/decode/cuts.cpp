// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/cuts.h>

#include <algorithm>
#include <base/counted.h>
#include <fmt/format.h>

namespace ingest::decode {

namespace {

bool isSip(std::uint16_t from, std::uint16_t to, std::string_view bytes)
{
    constexpr std::size_t kLongestMethod = 20;
    const auto port = [](std::uint16_t p) { return p == 5060 || p == 5061; };
    return port(from) || port(to) || bytes.starts_with("SIP/2.0") ||
           bytes.substr(0, kLongestMethod + 5).find(" sip:") != std::string_view::npos;
}

} // namespace

void Cuts::frame(std::size_t kept, std::uint32_t missing)
{
    if (missing == 0)
        return;
    ++m_out.packets;
    m_out.kept = std::max(m_out.kept, static_cast<std::uint32_t>(kept));
}

void Cuts::payload(std::uint16_t from, std::uint16_t to, std::string_view bytes, bool cut)
{
    constexpr std::size_t kKeepAlive = 20; // and a STUN header; no message is as short
    if ((!cut && bytes.size() <= kKeepAlive) || !isSip(from, to, bytes))
        return;
    ++m_out.sip;
    m_out.sipCut += cut ? 1 : 0;
}

std::string Cuts::sentence(std::uint64_t frames) const
{
    if (m_out.packets == 0)
        return {};
    std::string out =
        fmt::format("{} of {} {} cut by the capture's snap length, which left at most {} of each.",
                    m_out.packets, base::counted(frames, "packet"),
                    m_out.packets == 1 ? "was" : "were", base::counted(m_out.kept, "byte"));
    if (m_out.sipCut == 0)
        return out + " No packet of SIP is among them.";
    const std::string sip = base::counted(m_out.sip, "packet");
    if (m_out.sipCut != m_out.sip)
        out += fmt::format(" {} of {} of SIP {} among them:", m_out.sipCut, sip,
                           m_out.sipCut == 1 ? "is" : "are");
    else
        out += m_out.sip == 1 ? std::string(" The only packet of SIP is among them:")
                              : fmt::format(" All {} of SIP are among them:", sip);
    return out + " their messages are shown in part or not at all. Capture whole packets (tcpdump "
                 "-s 0) to see them.";
}

} // namespace ingest::decode
