// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr int kMost = 32; // pairs that are read

/// The same request of one user agent, seen at two places without a proxy between them, or the
/// request and a response that names another sender in its Via.
bool sameRequest(const calls::Transaction &a, const calls::Transaction &b)
{
    return a.method == b.method && a.cseq == b.cseq && a.branch == b.branch && !a.branch.empty() &&
           a.inDialog == b.inDialog;
}

std::string hostOf(std::string_view contact)
{
    const auto uri = sip::parseNameAddress(contact).uri;
    return uri.ok ? base::lower(std::string(uri.host)) : std::string();
}

std::string mediaHost(const Evidence &evidence, trace::RowId row)
{
    const auto *const audio = hasSdp(evidence, row) ? sdpOf(evidence, row).audio() : nullptr;
    return audio != nullptr ? std::string(audio->connection) : std::string();
}

/// What somebody between the two places wrote anew, one clause; empty: nothing that matters.
std::string rewritten(const Evidence &evidence, trace::RowId one, trace::RowId other)
{
    const auto &before = evidence.message(one), &after = evidence.message(other);
    const auto contact = hostOf(before.value(sip::HeaderId::Contact)),
               became = hostOf(after.value(sip::HeaderId::Contact));
    if (!contact.empty() && !became.empty() && contact != became)
        return fmt::format("its Contact {} became {}", shown(contact), shown(became));
    const auto media = mediaHost(evidence, one), moved = mediaHost(evidence, other);
    if (!media.empty() && !moved.empty() && media != moved)
        return fmt::format("the media address {} in it became {}", shown(media), shown(moved));
    return {};
}

void conclude(Finding &f, std::string_view what, std::vector<EvidenceRef> evidence)
{
    f.impact = what;
    f.evidence = std::move(evidence);
    f.fixes = {
        {"Switch the SIP ALG (SIP helper, SIP inspection) off.", "NAT or firewall", Action::None},
        {"Use TLS or another port than 5060, so that it cannot read what passes.",
         "caller's user agent", Action::CallOverTcp}};
}

/// At both sides of it.
bool seenOnBothSides(const Evidence &evidence, const calls::Transaction &one,
                     const calls::Transaction &other, Findings &out)
{
    const auto &a = evidence.trace.row(one.request), &b = evidence.trace.row(other.request);
    if (a.pair == b.pair || a.viaCount != 1 || b.viaCount != 1 ||
        evidence.trace.source(one.request).address == evidence.trace.source(other.request).address)
        return false;
    const auto what = rewritten(evidence, one.request, other.request);
    if (what.empty())
        return false;
    auto &f = out.add("rt-alg", Severity::Error, Grade::Seen,
                      fmt::format("Between {} and {} something that is no proxy wrote the {} anew: "
                                  "{} [1] [2].",
                                  evidence.trace.source(one.request).text(),
                                  evidence.trace.source(other.request).text(),
                                  methodOf(evidence, one), what));
    conclude(f,
             "Such helpers break calls in many ways: requests within the call, early media and "
             "encrypted parts do not fit what was written anew.",
             {at(one.request, "as it was sent"), at(other.request, "as it came out")});
    return true;
}

/// On the sender's side alone: what comes back tells another sender.
bool answeredToAnother(const Evidence &evidence, const calls::Transaction &asked,
                       const calls::Transaction &answered, Findings &out)
{
    if (!asked.responses.empty() || answered.request.valid() || answered.responses.empty() ||
        asked.sentBy == answered.sentBy)
        return false;
    const auto response = answered.responses.front();
    if (evidence.trace.destination(response) != evidence.trace.source(asked.request))
        return false;
    auto &f =
        out.add("rt-alg", Severity::Error, Grade::Likely,
                fmt::format("The {} leaves {} with Via {} [1], and its {} comes back with Via "
                            "{} [2]: something on the way writes SIP anew.",
                            methodOf(evidence, asked), evidence.trace.source(asked.request).text(),
                            shown(asked.sentBy), evidence.trace.row(response).status,
                            shown(answered.sentBy)));
    conclude(
        f,
        "A user agent that looks at its Via takes the response for another's and drops it: the "
        "request is repeated and times out.",
        {at(evidence, asked.request, sip::HeaderId::Via, "as it was sent"),
         at(evidence, response, sip::HeaderId::Via, "as it comes back")});
    return true;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &all = evidence.call.transactions;
    int pairs = 0;
    for (std::size_t i = 0; i < all.size() && i < 256; ++i) {
        if (!all[i].request.valid() || all[i].method == sip::Method::Ack)
            continue;
        for (std::size_t k = i + 1; k < all.size() && k < i + 16; ++k) {
            if (!sameRequest(all[i], all[k]))
                continue;
            if (++pairs > kMost)
                return;
            if (all[k].request.valid() ? seenOnBothSides(evidence, all[i], all[k], out)
                                       : answeredToAnother(evidence, all[i], all[k], out))
                return;
        }
    }
}

} // namespace

extern const Rule rt_alg;
const Rule rt_alg{"rt-alg",
                  "Something on the way writes SIP anew",
                  Severity::Error,
                  "RFC 3261 section 18.1.2",
                  "400",
                  R"(
  0.00 alice>proxy INVITE offer branch=x "Contact: <sip:alice@192.168.1.10>"
* 0.01 gw>proxy INVITE sdp=0,8@alice branch=x "Contact: <sip:alice@192.0.2.40>"
* 0.20 proxy>gw 180 tag=b
)",
                  R"(
  0.00 alice>proxy INVITE offer branch=x "Contact: <sip:alice@192.168.1.10>"
  0.01 gw>proxy INVITE sdp=0,8@alice branch=x "Contact: <sip:alice@192.168.1.10>"
  0.20 proxy>gw 180 tag=b
)",
                  check,
                  Reads::Messages};

} // namespace diagnosis::rules
