// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <base/text.h>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint32_t kNearby = 64; // rows around the 2xx, in which it passed the other hops

/// Words that say that nobody is registered, and not that somebody does not want to be called.
bool saysNobody(std::string_view phrase)
{
    constexpr std::array kWords{"regist",     "offline",    "not online", "nobody",
                                "no contact", "no binding", "unreach",    "no endpoint"};
    const auto lower = base::lower(phrase);
    return std::any_of(kWords.begin(), kWords.end(),
                       [&](std::string_view word) { return lower.find(word) != lower.npos; });
}

std::string addressOf(std::string_view value)
{
    return sip::parseNameAddress(value).uri.address();
}

/// "Nobody is here", from an element that sent the request on to nobody.
bool foundNobody(const Evidence &evidence, const calls::Transaction &t)
{
    if (t.method == sip::Method::Ack || t.method == sip::Method::Cancel ||
        t.method == sip::Method::Register || t.inDialog || !t.request.valid() ||
        !t.finalResponse.valid() || (t.finalStatus != 404 && t.finalStatus != 480) ||
        wasProgressing(evidence, t) || handedOn(evidence, t) || routed(evidence, t))
        return false;
    const auto &answer = evidence.message(t.finalResponse);
    return answer.find(sip::HeaderId::Contact) == nullptr &&
           answer.find(sip::HeaderId::Reason) == nullptr;
}

/// Did the 2xx of that registration come from where the call was refused?
bool registeredThere(const Evidence &evidence, const flows::Flow &flow, trace::RowId accepted,
                     const base::Address &refuser)
{
    const auto &trace = evidence.trace;
    if (flow.edge.address == refuser)
        return true;
    const auto call = trace.row(accepted).call;
    for (auto at = accepted.value; at + kNearby > accepted.value; --at) {
        const auto &row = trace.row({at});
        if (row.call == call && row.status / 100 == 2 && trace.source({at}).address == refuser)
            return true;
        if (at == 0)
            break;
    }
    return false;
}

/// Anything that went to the user agent meanwhile: then it was asked, maybe in another leg.
bool wasAsked(const flows::Flow &flow, const calls::Transaction &t)
{
    return std::any_of(flow.events.begin(), flow.events.end(), [&](const flows::FlowEvent &event) {
        return event.what == flows::Happening::Used && event.time >= t.started &&
               event.time <= t.finished;
    });
}

struct Found {
    const flows::Flow *flow = nullptr;
    Bound bound;
    base::Instant over; // the registration's end; unknown: not told
};

/// The newest registration of the target that nobody took back and nothing ended.
Found bindingOf(const Evidence &evidence, const calls::Transaction &t)
{
    const auto target = addressOf(evidence.message(t.request).value(sip::HeaderId::To));
    const auto refuser = evidence.trace.source(t.finalResponse).address;
    Found out;
    for (const auto &flow : evidence.flows) {
        if (!flow || target.empty() || !base::equalsNoCase(addressOf(flow->report.aor), target))
            continue;
        const auto bound = boundAt(*flow, t.started);
        if (!bound || !bound->row.valid() || deathOf(*flow, t.started) != nullptr)
            continue;
        if (wasAsked(*flow, t) || !registeredThere(evidence, *flow, bound->row, refuser))
            return {};
        const auto until = flow->report.registeredUntil;
        const bool told = until.known() && flow->registered.known();
        if (out.flow == nullptr || bound->time > out.bound.time)
            out = {flow.get(), *bound,
                   told ? bound->time + (until - flow->registered) : base::Instant{}};
    }
    return out;
}

void tellOver(const Evidence &evidence, const calls::Transaction &t, const Found &found,
              Findings &out)
{
    auto &f = out.add("reg-binding-lost", Severity::Warning, Grade::Likely,
                      fmt::format("{} [1] was answered {} [2]: the registration of {} had run out "
                                  "{} before and was not refreshed [3]. The code is right.",
                                  methodOf(evidence, t), codeText(t.finalStatus),
                                  shown(found.flow->report.aor), lasting(t.started - found.over)));
    f.impact = "The target cannot be called until it registers again.";
    f.evidence = {at(t.request, "the request"), at(t.finalResponse, "nobody is there"),
                  at(found.bound.row, "the last registration")};
    f.fixes = {{"Refresh a registration before its time is over, at half of it at the latest.",
                "callee's user agent", Action::None}};
}

void tellLost(const Evidence &evidence, const calls::Transaction &t, const Found &found,
              Findings &out)
{
    const bool sure = t.finalStatus == 404 || saysNobody(evidence.message(t.finalResponse).reason);
    auto &f = out.add(
        "reg-binding-lost", sure ? Severity::Error : Severity::Info,
        sure ? Grade::Likely : Grade::CannotTell,
        fmt::format(
            "{} answered {} [1] with {} [2], yet the registration of {} was accepted {} "
            "before, {}and nothing ended it [3]: {}.",
            sender(evidence, t.finalResponse), methodOf(evidence, t), codeText(t.finalStatus),
            shown(found.flow->report.aor), lasting(t.started - found.bound.time),
            found.over.known() ? fmt::format("for {}, ", lasting(found.over - found.bound.time))
                               : std::string(),
            sure ? "the binding was lost"
                 : "either the binding was lost, or the server was told not to ring it"));
    f.impact = sure ? "The device shows that it is registered and gets no calls until it registers "
                      "again."
                    : "If the binding was lost, the device gets no calls until it registers again.";
    f.evidence = {at(t.request, "the request"), at(t.finalResponse, "nobody is there"),
                  at(found.bound.row, "it is registered")};
    f.fixes = {{"Keep bindings over a restart, and share them between the nodes that take "
                "REGISTERs and those that take calls.",
                "home proxy", Action::None},
               {"Until then a shorter registration time mends it sooner.", "callee's user agent",
                found.flow->ours ? Action::ReRegister : Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.flows.empty() || evidence.call.kind == calls::Kind::Registration ||
        evidence.call.finalStatus / 100 == 2)
        return;
    for (const auto &t : evidence.call.transactions) {
        const auto found = foundNobody(evidence, t) ? bindingOf(evidence, t) : Found{};
        if (found.flow == nullptr)
            continue;
        if (found.over.known() && found.over <= t.started)
            tellOver(evidence, t, found, out);
        else
            tellLost(evidence, t, found, out);
        return;
    }
}

} // namespace

extern const Rule reg_binding_lost;
const Rule reg_binding_lost{"reg-binding-lost",
                            "Registered, and yet nobody is there",
                            Severity::Error,
                            "RFC 3261 section 10.3",
                            "480",
                            R"(
  registered
  20.000 alice>edge INVITE offer
* 20.005 edge>alice 404 tag=e
  20.010 alice>edge ACK tag=e
)",
                            R"(
  registered
  15.000 bob>edge REGISTER tcp call=r1 cseq=2 "Supported: path, outbound" "Expires: 0" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  15.050 edge>bob 200 tcp call=r1 tag=r
  20.000 alice>edge INVITE offer
  20.005 edge>alice 404 tag=e
  20.010 alice>edge ACK tag=e
)",
                            check,
                            Reads::Little,
                            Argues::FromAbsence};

} // namespace diagnosis::rules
