// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kBefore = std::chrono::seconds(1), kGive = std::chrono::seconds(3);

struct Agreed { // by the newest 2xx
    trace::RowId row;
    base::Duration lasts{0};
    std::uint32_t refresher = 0; // its tag, interned
    bool byCaller = false;       // of the call: he is the refresher
};

/// The timer that the newest 2xx to INVITE or UPDATE set, nullopt: none, or nobody was named.
std::optional<Agreed> agreed(const Evidence &evidence, base::Instant before)
{
    const calls::Transaction *newest = nullptr;
    for (const auto &t : evidence.call.transactions)
        if ((t.method == sip::Method::Invite || t.method == sip::Method::Update) &&
            t.finalStatus / 100 == 2 && t.finalResponse.valid() && t.finished < before &&
            (newest == nullptr || t.finished >= newest->finished))
            newest = &t;
    if (newest == nullptr ||
        !evidence.mayHave(newest->finalResponse, sip::HeaderId::SessionExpires) ||
        evidence.trace.text(newest->finalResponse).find("refresher") == std::string_view::npos)
        return std::nullopt;
    const auto &answer = evidence.message(newest->finalResponse);
    const auto value = answer.value(sip::HeaderId::SessionExpires);
    const auto seconds = base::toInteger(base::trim(value.substr(0, value.find(';'))));
    const auto refresher = sip::parameter(value, "refresher").value_or("");
    if (!seconds || *seconds < 60 || *seconds > 86'400)
        return std::nullopt;
    const auto &row = evidence.trace.row(newest->finalResponse);
    const bool client = base::equalsNoCase(refresher, "uac");
    if (!client && !base::equalsNoCase(refresher, "uas"))
        return std::nullopt;
    return Agreed{newest->finalResponse, std::chrono::seconds(*seconds),
                  client ? row.fromTag : row.toTag,
                  evidence.trace.tag(client ? row.fromTag : row.toTag) == evidence.call.fromTag};
}

/// A refresh that was tried since and led to nothing.
const calls::Transaction *failedRefresh(const Evidence &evidence, base::Instant since)
{
    for (const auto &t : evidence.call.transactions)
        if ((t.method == sip::Method::Invite || t.method == sip::Method::Update) && t.inDialog &&
            t.request.valid() && t.started > since && t.finalStatus / 100 != 2)
            return &t;
    return nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (!call.bye.valid() || !call.answered.known())
        return;
    const auto end = evidence.time(call.bye);
    if (end - call.answered < std::chrono::seconds(40)) // 60 s is the least that is sane
        return;
    const auto timer = agreed(evidence, end);
    // Whoever does not refresh ends the session min(32 s, a third) before it runs out.
    if (!timer || evidence.trace.row(call.bye).fromTag == timer->refresher)
        return;
    const auto idle = end - evidence.time(timer->row);
    const auto due =
        timer->lasts - std::min<base::Duration>(std::chrono::seconds(32), timer->lasts / 3);
    const bool early = idle > due - kBefore && idle < due + kGive;
    const bool late = idle > timer->lasts - kBefore && idle < timer->lasts + kGive;
    if (!early && !late)
        return;
    const auto *const tried = failedRefresh(evidence, evidence.time(timer->row));
    auto text =
        fmt::format("{} ended the call [2] {} after the last agreement on the session timer "
                    "of {} [1], as it runs out: the {} had to refresh it and {}",
                    sender(evidence, call.bye), lasting(idle), lasting(timer->lasts),
                    timer->byCaller ? "caller" : "callee",
                    tried != nullptr ? "failed [3]." : "no refresh is in this trace.");
    auto &f = out.add("dlg-session-expired", Severity::Error, Grade::Likely, std::move(text));
    f.impact = "Every call of this kind ends in mid-sentence after the same time.";
    f.evidence = {at(evidence, timer->row, sip::HeaderId::SessionExpires, "the timer"),
                  at(call.bye, "the end")};
    if (tried != nullptr)
        f.evidence.push_back(at(tried->request, "the refresh that failed"));
    f.fixes = {{"Refresh by UPDATE or re-INVITE after half of Session-Expires, or do not accept to "
                "be the refresher.",
                timer->byCaller ? "caller's user agent" : "callee's user agent", Action::None},
               {"See whether UPDATE and re-INVITE of the refresher get through; compare their "
                "route with Contact and Record-Route.",
                "operator", Action::None}};
}

} // namespace

extern const Rule dlg_session_expired;
const Rule dlg_session_expired{"dlg-session-expired",
                               "Ended because nobody refreshed the session",
                               Severity::Error,
                               "RFC 4028 section 10",
                               "408",
                               R"(
  0.00 alice>bob INVITE offer "Supported: timer" "Session-Expires: 180"
  1.00 bob>alice 200 tag=b answer "Require: timer" "Session-Expires: 180;refresher=uac"
  1.05 alice>bob ACK tag=b
*149.10 bob>alice BYE tag=b reverse
*149.15 alice>bob 200 for=BYE
)",
                               R"(
  0.00 alice>bob INVITE offer "Supported: timer" "Session-Expires: 180"
  1.00 bob>alice 200 tag=b answer "Require: timer" "Session-Expires: 180;refresher=uac"
  1.05 alice>bob ACK tag=b
* 91.00 alice>bob UPDATE tag=b "Session-Expires: 180;refresher=uac"
* 91.05 bob>alice 200 for=UPDATE "Session-Expires: 180;refresher=uac"
 149.10 bob>alice BYE tag=b reverse
 149.15 alice>bob 200 for=BYE
)",
                               check,
                               Reads::Messages};

} // namespace diagnosis::rules
