// SPDX-License-Identifier: Apache-2.0
#include <sip/sdp_dtls.h>

#include <algorithm>
#include <base/text.h>
#include <sip/sdp_crypto.h>

namespace sip {
namespace {

std::vector<std::string_view> valuesOf(const std::vector<std::string_view> &attributes,
                                       std::string_view name)
{
    std::vector<std::string_view> out;
    for (const std::string_view each : attributes)
        if (each.size() > name.size() && each[name.size()] == ':' &&
            base::equalsNoCase(each.substr(0, name.size()), name))
            out.push_back(base::trim(each.substr(name.size() + 1)));
    return out;
}

/// Of the line, else of the whole description; empty: not said.
std::string setupOf(const Sdp &sdp, const SdpMedia &media)
{
    auto values = valuesOf(media.attributes, "setup");
    if (values.empty())
        values = valuesOf(sdp.attributes, "setup");
    return values.empty() ? std::string() : base::lower(values.front());
}

} // namespace

bool isDtlsProfile(std::string_view protocol)
{
    return protocol == "UDP/TLS/RTP/SAVP" || protocol == "UDP/TLS/RTP/SAVPF";
}

std::vector<std::string_view> fingerprints(const Sdp &sdp, const SdpMedia &media)
{
    auto own = valuesOf(media.attributes, "fingerprint");
    return own.empty() ? valuesOf(sdp.attributes, "fingerprint") : own;
}

bool keysByDtls(const Sdp &sdp, const SdpMedia &media)
{
    return isDtlsProfile(media.protocol) ||
           (isSecureProfile(media.protocol) && cryptoLines(media).empty() &&
            !fingerprints(sdp, media).empty());
}

std::string_view answerSetup(const Sdp &sdp, const SdpMedia &offered, std::string_view own)
{
    const auto setup = setupOf(sdp, offered);
    if (setup == "holdconn")
        return "holdconn";
    if (setup == "actpass" && (own == "active" || own == "passive"))
        return own;
    // RFC 4145 section 4: an offer that does not say means active.
    return setup == "active" || setup.empty() ? "passive" : "active";
}

std::string withSettledSetup(std::string_view ours, std::string_view answer)
{
    constexpr std::string_view kOpen = "a=setup:actpass";
    std::string out(ours);
    const Sdp theirs = parseSdp(answer);
    const SdpMedia *line = theirs.usedAudio();
    const auto at = out.find(kOpen);
    if (line == nullptr || at == std::string::npos)
        return out;
    const auto setup = setupOf(theirs, *line);
    if (setup == "active" || setup == "passive")
        out.replace(at, kOpen.size(), setup == "active" ? "a=setup:passive" : "a=setup:active");
    return out;
}

std::optional<bool> weBegin(const Sdp &ours, const SdpMedia &ourLine, const Sdp &theirs,
                            const SdpMedia &theirLine)
{
    const auto own = setupOf(ours, ourLine), other = setupOf(theirs, theirLine);
    if (own == "holdconn" || other == "holdconn" || (own == "passive" && other == "passive"))
        return std::nullopt;
    if (own == "active" || own == "passive")
        return own == "active";
    // We left it to them. Who does not choose, against RFC 5763 section 5, is waited for by nobody.
    return other != "active";
}

} // namespace sip
