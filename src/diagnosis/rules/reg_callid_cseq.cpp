// SPDX-License-Identifier: Apache-2.0
#include <base/told_time.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <flows/registration.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kReordering = std::chrono::seconds(1); // what the network may have swapped

bool refused(const calls::Transaction &t)
{
    return t.finalStatus == 400 || t.finalStatus == 403 || t.finalStatus == 500;
}

/// The flow or, without one, the way whose REGISTERs are counted together: a flow that is made anew
/// goes on counting over another connection.
std::string countedBy(const Evidence &evidence, const calls::Transaction &t)
{
    const auto binding = flows::readBinding(evidence.message(t.request));
    return binding ? fmt::format("{}\n{}", binding->instance, binding->regId)
                   : std::to_string(t.pair);
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return;
    const calls::Transaction *highest = nullptr;
    const auto other = [&](const calls::Transaction &t) {
        return t.pair != highest->pair && countedBy(evidence, t) != countedBy(evidence, *highest);
    };
    for (const auto &t : evidence.call.transactions) {
        if (t.method != sip::Method::Register || !t.request.valid() || t.cseq == 0 ||
            !base::hasClock(t.started) || evidence.trace.row(t.request).viaCount != 1)
            continue;
        if (highest == nullptr || t.cseq >= highest->cseq || other(t)) {
            highest = &t;
            continue;
        }
        if (t.started - highest->started < kReordering)
            continue;
        // Where it was taken all the same, nobody keeps count.
        auto &f =
            out.add("reg-callid-cseq", refused(t) ? Severity::Warning : Severity::Info, Grade::Seen,
                    fmt::format("{} numbered its REGISTER {} [2] although one {} before with "
                                "the same Call-ID had {} [1]{}.",
                                sender(evidence, t.request), t.cseq,
                                lasting(t.started - highest->started), highest->cseq,
                                refused(t) ? fmt::format("; it was refused with {}",
                                                         codeText(t.finalStatus))
                                           : std::string()));
        f.impact = "A registrar that keeps count takes it for an old one and refuses it until the "
                   "binding has run out.";
        f.evidence = {at(evidence, highest->request, sip::HeaderId::CSeq, "the number before"),
                      at(evidence, t.request, sip::HeaderId::CSeq, "a lower one")};
        f.fixes = {{"Raise CSeq for each REGISTER, or take a new Call-ID after a restart.",
                    "user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule reg_callid_cseq;
const Rule reg_callid_cseq{"reg-callid-cseq",
                           "A REGISTER with a number below the last",
                           Severity::Warning,
                           "RFC 3261 section 10.2",
                           "500",
                           R"(
   0.00 bob>edge REGISTER cseq=20 "Contact: <sip:bob@192.0.2.20>"
   0.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=600"
* 90.00 bob>edge REGISTER cseq=1 "Contact: <sip:bob@192.0.2.20>"
* 90.05 edge>bob 500 tag=r
)",
                           R"(
   0.00 bob>edge REGISTER cseq=20 "Contact: <sip:bob@192.0.2.20>"
   0.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=600"
  90.00 bob>edge REGISTER cseq=1 call=c2 "Contact: <sip:bob@192.0.2.20>"
  90.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=600"
)",
                           check};

} // namespace diagnosis::rules
