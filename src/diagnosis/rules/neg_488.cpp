// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// What a Warning code says about the offer (RFC 3261 section 20.43).
std::string_view warningMeaning(long long code)
{
    switch (code) {
    case 300:
        return "network protocol not understood";
    case 301:
        return "network address form not understood";
    case 302:
        return "media protocol not understood";
    case 304:
        return "media type not available";
    case 305:
        return "no media format of the offer is understood";
    case 306:
        return "an attribute is not understood";
    case 307:
        return "a session parameter is not understood";
    case 370:
        return "not enough bandwidth";
    default:
        return {};
    }
}

std::string offerText(const Evidence &evidence, trace::RowId request, std::string_view &line)
{
    const auto &sdp = sdpOf(evidence, request);
    const auto *const audio = sdp.audio();
    if (audio == nullptr)
        return "without audio";
    line = audio->line;
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(audio->formats.size(), 8); ++i) {
        const auto &format = audio->formats[i];
        names += (i == 0 ? "" : ", ") +
                 shown(format.map.encoding.empty() ? format.text : format.map.encoding);
    }
    return fmt::format("{} over {}", names, shown(audio->protocol));
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !call.finalResponse.valid() ||
        (call.finalStatus != 488 && call.finalStatus != 606 && call.finalStatus != 415))
        return;
    const auto *const invite = transactionOf(call, call.finalResponse);
    if (invite == nullptr || !hasSdp(evidence, invite->request))
        return;
    const auto &message = evidence.message(call.finalResponse);
    const auto warning = message.value(sip::HeaderId::Warning);
    const auto code = base::toInteger(warning.substr(0, warning.find(' ')));
    const auto meaning = code ? warningMeaning(*code) : std::string_view{};
    const auto accept = call.finalStatus == 415 ? message.value(sip::HeaderId::Accept) : "";
    std::string_view line;
    const auto offer = offerText(evidence, invite->request, line);
    auto &f = out.add(
        "neg-488", Severity::Error, Grade::Seen,
        fmt::format("{} refused the offer ({}) [1] with {} [2]: {}.",
                    sender(evidence, call.finalResponse), offer, codeText(call.finalStatus),
                    !meaning.empty()   ? std::string(meaning)
                    : !warning.empty() ? shown(warning)
                    : !accept.empty()  ? fmt::format("it takes bodies of {} only", shown(accept))
                                       : "it does not say why"));
    f.impact = "The call is not set up; the caller hears a failure tone.";
    f.evidence = {at(evidence, invite->request, line, "the offer"),
                  at(evidence, call.finalResponse,
                     warning.empty() ? sip::HeaderId::Accept : sip::HeaderId::Warning,
                     "the refusal")};
    const auto again = outgoingCall(evidence) ? Action::CallAgain : Action::None;
    if (call.finalStatus == 415) { // of the body's type and encoding (section 21.4.13)
        f.fixes = {{"Send the offer as application/sdp, without Content-Encoding, in a body of the "
                    "types that Accept lists.",
                    "caller's user agent", again}};
        if (accept.empty())
            f.fixes.push_back(
                {"List the types that are taken in Accept.", "callee's user agent", Action::None});
        return;
    }
    f.fixes = {{"Compare codecs, profile (RTP/AVP or RTP/SAVP) and address family of the offer "
                "with what the callee takes.",
                "caller's user agent", again}};
    if (warning.empty())
        f.fixes.push_back(
            {"Name the reason in a Warning header.", "callee's user agent", Action::None});
}

} // namespace

extern const Rule neg_488;
const Rule neg_488{"neg-488",
                   "The offer was refused",
                   Severity::Error,
                   "RFC 3261 section 21.4.26",
                   "488",
                   R"(
  0.00 alice>bob INVITE sdp=8
* 0.30 bob>alice 488 tag=b "Warning: 305 bob.example.test \"Incompatible media format\""
  0.31 alice>bob ACK tag=b
)",
                   R"(
  0.00 alice>bob INVITE sdp=8
  0.30 bob>alice 486 tag=b
  0.31 alice>bob ACK tag=b
)",
                   check,
                   Reads::Messages};

} // namespace diagnosis::rules
