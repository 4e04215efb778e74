// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr int kMost = 256; // requests that are looked at

/// "INVITE sips:bob@..." without reading the rest.
bool wantsTls(std::string_view text)
{
    const auto blank = text.find(' ');
    return blank != std::string_view::npos &&
           base::equalsNoCase(text.substr(blank + 1, 5), "sips:");
}

bool inTheClear(base::Transport transport)
{
    return transport == base::Transport::Udp || transport == base::Transport::Tcp;
}

/// The answer to an INVITE for a sips address brings a Contact that is none (RFC 3261 section
/// 12.1.1): what follows in the dialog need not be encrypted any more.
bool tellContact(const Evidence &evidence, Findings &out)
{
    for (const auto &t : evidence.call.transactions) {
        if (t.method != sip::Method::Invite || t.inDialog || !t.request.valid() ||
            !t.finalResponse.valid() || t.finalStatus / 100 != 2 ||
            !wantsTls(evidence.trace.text(t.request)))
            continue;
        const auto value = evidence.message(t.finalResponse).value(sip::HeaderId::Contact);
        const auto contact = sip::parseNameAddress(value);
        if (!contact.ok || !base::equalsNoCase(contact.uri.scheme, "sip"))
            continue;
        auto &f = out.add("rt-sips", Severity::Warning, Grade::Seen,
                          fmt::format("The INVITE was for a sips address [1], and {} answers with "
                                      "the Contact {} [2], which is none.",
                                      sender(evidence, t.finalResponse), shown(contact.uriText)));
        f.impact = "ACK, BYE and all that follows go to an address that does not ask for TLS.";
        f.evidence = {at(evidence, t.request, evidence.message(t.request).requestUri,
                         "asks for TLS on every hop"),
                      at(evidence, t.finalResponse, sip::HeaderId::Contact, "asks for none")};
        f.fixes = {{"Put a sips URI into the Contact of the answer to a request for a sips URI.",
                    "callee's user agent", Action::None}};
        return true;
    }
    return false;
}

void check(const Evidence &evidence, Findings &out)
{
    if (tellContact(evidence, out))
        return;
    int requests = 0;
    for (const auto &t : evidence.call.transactions) {
        if (!t.request.valid())
            continue;
        if (++requests > kMost)
            return;
        const auto transport = evidence.trace.row(t.request).transport;
        if (!inTheClear(transport) || !wantsTls(evidence.trace.text(t.request)))
            continue;
        auto &f =
            out.add("rt-sips", Severity::Warning, Grade::Seen,
                    fmt::format("The {} for a sips address [1] goes from {} to {} over {}, which "
                                "is not encrypted.",
                                methodOf(evidence, t), evidence.trace.source(t.request).text(),
                                receiver(evidence, t.request), base::transportText(transport)));
        f.impact = "The caller was promised TLS on every hop; this one can be read and changed by "
                   "anybody on the way.";
        f.evidence = {at(evidence, t.request, evidence.message(t.request).requestUri,
                         "asks for TLS on every hop")};
        f.fixes = {
            {"Send requests for a sips URI over TLS, or refuse them with 480 (RFC 5630 "
             "section 5.4); use a sip URI where TLS is not wanted.",
             evidence.trace.row(t.request).viaCount > 1 ? "home proxy" : "caller's user agent",
             Action::None}};
        return;
    }
}

} // namespace

extern const Rule rt_sips;
const Rule rt_sips{"rt-sips",
                   "A sips address over a hop in the clear",
                   Severity::Warning,
                   "RFC 5630 section 5, RFC 3261 section 26.2.2",
                   "480",
                   R"(
  0.00 alice>proxy OPTIONS uri=bob@example.test
* 1.00 alice>proxy INVITE offer uri=sips:bob@example.test
)",
                   R"(
  0.00 alice>proxy OPTIONS uri=bob@example.test
  1.00 alice>proxy INVITE offer uri=bob@example.test
)",
                   check};

} // namespace diagnosis::rules
