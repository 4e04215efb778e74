// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// Tried again in another way, and that went through.
bool mended(const Evidence &evidence, const calls::Transaction &refused)
{
    return std::any_of(evidence.call.transactions.begin(), evidence.call.transactions.end(),
                       [&](const auto &t) {
                           return t.method == sip::Method::Invite && t.cseq > refused.cseq &&
                                  !t.responses.empty() && t.finalStatus < 300;
                       });
}

/// The INVITE did what the refusal asks for, or did not do what it is refused for.
bool unfounded(const Evidence &evidence, const calls::Transaction &invite)
{
    if (!invite.request.valid())
        return false;
    const auto &request = evidence.message(invite.request);
    const bool requires100rel = request.lists(sip::HeaderId::Require, "100rel");
    return invite.finalStatus == 420
               ? !requires100rel
               : requires100rel || request.lists(sip::HeaderId::Supported, "100rel");
}

void report(const Evidence &evidence, const calls::Transaction &invite, sip::HeaderId header,
            Findings &out)
{
    const bool lacks = invite.finalStatus == 420;
    const bool wrongly = unfounded(evidence, invite);
    const auto by = sender(evidence, invite.finalResponse);
    std::string text =
        lacks ? fmt::format("The INVITE [1] demands 100rel and {} does not know it: {} [2].", by,
                            codeText(420))
              : fmt::format("{} demands 100rel [2] and the INVITE [1] does not offer it.", by);
    if (wrongly)
        text =
            lacks ? fmt::format("{} refuses 100rel with {} [2], and the INVITE [1] does not "
                                "require it: only what Require names may be refused.",
                                by, codeText(420))
                  : fmt::format("{} demands 100rel [2], and the INVITE [1] offers it already.", by);
    auto &f = out.add("em-100rel-refused", Severity::Error, Grade::Seen, std::move(text));
    f.impact = "The call fails for an option, not for the callee.";
    f.evidence = {at(evidence, invite.request,
                     lacks && !wrongly ? sip::HeaderId::Require : sip::HeaderId::Supported,
                     "the INVITE"),
                  at(evidence, invite.finalResponse, header, "the refusal")};
    if (wrongly)
        f.fixes = {{lacks ? "Leave alone what the INVITE only supports (RFC 3261 section 8.2.2.3)."
                          : "Take the 100rel that the INVITE offers (RFC 3262 section 3).",
                    "callee's user agent", Action::None},
                   {"Call without 100rel and compare.", "caller's user agent",
                    Action::CallWithoutReliable}};
    else
        f.fixes = {lacks ? Fix{"Say Supported: 100rel instead of Require: 100rel.",
                               "caller's user agent", Action::CallWithoutReliable}
                         : Fix{"Say Supported: 100rel.", "caller's user agent", Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &invite : evidence.call.transactions) {
        if (invite.method != sip::Method::Invite || !invite.finalResponse.valid() ||
            (invite.finalStatus != 420 && invite.finalStatus != 421))
            continue;
        const auto header =
            invite.finalStatus == 420 ? sip::HeaderId::Unsupported : sip::HeaderId::Require;
        if (!evidence.message(invite.finalResponse).lists(header, "100rel") ||
            mended(evidence, invite))
            continue;
        report(evidence, invite, header, out);
        return;
    }
}

} // namespace

extern const Rule em_100rel_refused;
const Rule em_100rel_refused{"em-100rel-refused",
                             "Reliable provisional responses demanded and refused",
                             Severity::Error,
                             "RFC 3262 sections 3 and 4",
                             "420",
                             R"(
  0.00 alice>bob INVITE offer "Require: 100rel"
* 0.20 bob>alice 420 tag=b "Unsupported: 100rel"
  0.25 alice>bob ACK tag=b
)",
                             R"(
  0.00 alice>bob INVITE offer "Require: timer"
  0.20 bob>alice 420 tag=b "Unsupported: timer"
  0.25 alice>bob ACK tag=b
)",
                             check,
                             Reads::Messages};

} // namespace diagnosis::rules
