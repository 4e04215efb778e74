// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/rule.h>
#include <flows/registration.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint16_t kSipPort = 5060;
constexpr std::size_t kEnough = 2; // beside the one that was registered: one may be on its way out

/// The newest REGISTER that bound something and was accepted, of one contact; nullptr: none.
const calls::Transaction *newest(const Evidence &evidence)
{
    const calls::Transaction *found = nullptr;
    for (const auto &t : evidence.call.transactions)
        if (t.method == sip::Method::Register && t.finalStatus / 100 == 2 && t.request.valid() &&
            t.finalResponse.valid() && evidence.trace.row(t.request).viaCount == 1)
            found = &t;
    return found;
}

/// Another address of the device: the same instance without a flow of its own (RFC 5626 section
/// 4.1: it has one for each reg-id), or the same host and user where nobody names an instance.
bool ghostOf(const flows::Contact &own, const flows::Contact &listed)
{
    const auto a = sip::parseUri(own.uri), b = sip::parseUri(listed.uri);
    if (!a.ok || !b.ok || listed.expires == 0U || listed.regId ||
        (a.user == b.user && base::equalsNoCase(a.host, b.host) &&
         a.port.value_or(kSipPort) == b.port.value_or(kSipPort)))
        return false;
    if (!own.instance.empty() || !listed.instance.empty())
        return base::equalsNoCase(own.instance, listed.instance);
    return a.user == b.user && base::equalsNoCase(a.host, b.host);
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return;
    const auto *const last = newest(evidence);
    if (last == nullptr)
        return;
    const auto listed = evidence.message(last->finalResponse).values(sip::HeaderId::Contact);
    if (listed.size() <= kEnough)
        return;
    const auto sent = evidence.message(last->request).values(sip::HeaderId::Contact);
    if (sent.size() != 1)
        return;
    const auto own = flows::readContact(sent.front());
    if (takesAway(evidence.message(last->request)))
        return;
    std::string_view first;
    std::size_t ghosts = 0;
    for (const auto value : listed)
        if (ghostOf(own, flows::readContact(value))) {
            first = first.empty() ? value : first;
            ++ghosts;
        }
    if (ghosts < kEnough)
        return;
    const bool sure = !own.instance.empty();
    auto &f = out.add(
        // Without an instance-id they may be other telephones behind the same NAT.
        "reg-ghosts", sure ? Severity::Warning : Severity::Info, sure ? Grade::Seen : Grade::Likely,
        fmt::format("The registrar lists {} more of {} [2] beside the one it registered now [1]{}.",
                    count(ghosts, "contact"), sure ? "this instance" : "this host and user",
                    sure ? "" : ", where no instance-id tells devices apart"));
    f.impact = "Every call rings at each of them: at addresses where nobody is any more it takes "
               "until a timer ends, and the caller may hear nothing meanwhile.";
    f.evidence = {at(evidence, last->request, sip::HeaderId::Contact, "registered now"),
                  at(evidence, last->finalResponse, first, "left over")};
    f.fixes = {{"Keep one Call-ID, port and instance-id over restarts, and take the old binding "
                "away (expires 0) before leaving an address.",
                "user agent", Action::None},
               {"Grant shorter times, or allow only so many contacts for an account.", "operator",
                Action::None}};
}

} // namespace

extern const Rule reg_ghosts;
const Rule reg_ghosts{"reg-ghosts",
                      "Old addresses of one device",
                      Severity::Warning,
                      "RFC 3261 section 10.3, RFC 5626 section 6",
                      "200",
                      R"(
  0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20:5062>;+sip.instance=\"<urn:uuid:1>\";expires=600"
* 0.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20:5062>;+sip.instance=\"<urn:uuid:1>\";expires=600, <sip:bob@192.0.2.20:40112>;+sip.instance=\"<urn:uuid:1>\";expires=310, <sip:bob@192.0.2.20:38411>;+sip.instance=\"<urn:uuid:1>\";expires=120"
)",
                      R"(
  0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20:5062>;+sip.instance=\"<urn:uuid:1>\";expires=600"
  0.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20:5062>;+sip.instance=\"<urn:uuid:1>\";expires=600, <sip:bob@192.0.2.30:5060>;+sip.instance=\"<urn:uuid:2>\";expires=310, <sip:bob@192.0.2.40:5060>;+sip.instance=\"<urn:uuid:3>\";expires=120"
)",
                      check,
                      Reads::Messages};

} // namespace diagnosis::rules
