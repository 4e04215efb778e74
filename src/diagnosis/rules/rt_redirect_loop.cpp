// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <diagnosis/told_span.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr int kMost = 16; // redirections that are looked at

/// As RFC 3261 section 19.1.4 compares them, as far as a way depends on it.
bool sameTarget(const sip::Uri &a, const sip::Uri &b)
{
    const auto parameter = [](const sip::Uri &uri, std::string_view name) {
        return uri.parameter(name).value_or(std::string_view());
    };
    return a.ok && b.ok && a.user == b.user && base::equalsNoCase(a.scheme, b.scheme) &&
           base::equalsNoCase(a.host, b.host) && a.port == b.port &&
           base::equalsNoCase(parameter(a, "transport"), parameter(b, "transport")) &&
           base::equalsNoCase(parameter(a, "maddr"), parameter(b, "maddr"));
}

/// A request of the call that went to `target` until then, on the same hop; invalid: none.
trace::RowId triedBefore(const Evidence &evidence, const calls::Transaction &redirected,
                         const sip::Uri &target)
{
    int requests = 0;
    for (const auto &t : evidence.call.transactions)
        if (t.method == redirected.method && t.pair == redirected.pair && t.request.valid() &&
            t.started <= redirected.started && ++requests <= kMost &&
            sameTarget(sip::parseUri(evidence.message(t.request).requestUri), target))
            return t.request;
    return {};
}

void check(const Evidence &evidence, Findings &out)
{
    int redirections = 0;
    for (const auto &t : evidence.call.transactions) {
        const bool moved = t.finalStatus >= 300 && t.finalStatus < 303; // 305 names a proxy
        if (!moved || !t.request.valid() || !t.finalResponse.valid())
            continue;
        if (++redirections > kMost)
            return;
        const auto contacts = evidence.message(t.finalResponse).values(sip::HeaderId::Contact);
        if (contacts.size() != 1) // others may be tried
            continue;
        if (contacts.front().find('?') != std::string_view::npos)
            continue; // the same address with more to say, as servers that look a number up do
        const auto before = triedBefore(evidence, t, sip::parseNameAddress(contacts.front()).uri);
        if (!before.valid())
            continue;
        const bool itself = before == t.request;
        auto &f =
            out.add("rt-redirect-loop", Severity::Warning, itself ? Grade::Likely : Grade::Seen,
                    fmt::format("{} redirects the {} [1] with {} to {} [2], where {}.",
                                sender(evidence, t.finalResponse), methodOf(evidence, t),
                                codeText(t.finalStatus), shown(contacts.front()),
                                itself ? std::string("it was sent to already")
                                       : fmt::format("it had been sent {} before [3]",
                                                     toldSpan(evidence.time(before), t.started))));
        f.impact = "A caller that follows it runs in a circle; one that notices gives up.";
        f.evidence = {
            at(evidence, t.request, evidence.message(t.request).requestUri, "where it was sent"),
            at(evidence, t.finalResponse, sip::HeaderId::Contact, "where it is to go")};
        if (!itself)
            f.evidence.push_back(at(before, "sent there before"));
        f.fixes = {{"Look for two forwardings that point at each other, or a redirect server that "
                    "answers for the target itself.",
                    "operator", Action::None}};
        return;
    }
}

} // namespace

extern const Rule rt_redirect_loop;
const Rule rt_redirect_loop{"rt-redirect-loop",
                            "A redirection that leads back",
                            Severity::Warning,
                            "RFC 3261 section 8.1.3.4",
                            "302",
                            R"(
  0.00 alice>proxy INVITE offer uri=bob@example.test
  0.02 proxy>alice 302 tag=p "Contact: <sip:carol@example.test>"
  0.03 alice>proxy ACK tag=p
  0.05 alice>proxy INVITE offer cseq=2 uri=carol@example.test
* 0.07 proxy>alice 302 tag=q "Contact: <sip:bob@example.test>"
  0.08 alice>proxy ACK tag=q cseq=2
)",
                            R"(
  0.00 alice>proxy INVITE offer uri=bob@example.test
  0.02 proxy>alice 302 tag=p "Contact: <sip:carol@example.test>"
  0.03 alice>proxy ACK tag=p
  0.05 alice>proxy INVITE offer cseq=2 uri=carol@example.test
  0.07 proxy>alice 302 tag=q "Contact: <sip:bob@desk.example.test>"
  0.08 alice>proxy ACK tag=q cseq=2
)",
                            check};

} // namespace diagnosis::rules
