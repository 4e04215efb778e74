// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/address.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr int kMost = 16; // responses that are looked at

/// Has the top Via of a response such a parameter? By its text alone where that is sure, which
/// spares the parse of nearly all of them.
bool mayTellReceived(const trace::Row &row)
{
    if (!row.flawless || row.sentByLength == 0)
        return true;
    const auto text = std::string_view(row.text, row.length).substr(row.sentByAt);
    return sip::parameter(text.substr(0, text.find('\r')), "received").has_value();
}

void check(const Evidence &evidence, Findings &out)
{
    int looked = 0;
    for (const auto &t : evidence.call.transactions) {
        if (!t.request.valid() || t.responses.empty())
            continue;
        if (++looked > kMost)
            return;
        const auto response = t.responses.front();
        if (!mayTellReceived(evidence.trace.row(response)))
            continue;
        const auto via = sip::parseVia(evidence.message(response).value(sip::HeaderId::Via));
        const auto received = via.parameter("received");
        const auto seen = received ? base::Address::parse(*received) : std::nullopt;
        const auto named = sip::addressOf(via.host);
        // A proxy adds `received` also where a name stands (RFC 3261 section 18.2.1): no NAT.
        if (!via.ok || !seen || !named || *seen == *named)
            continue;
        const auto port = via.parameter("rport");
        auto &f =
            out.add("rt-nat", Severity::Info, Grade::Seen,
                    fmt::format("{} calls itself {} in its Via, and {} saw its {} come from "
                                "{}{}{} [1]: there is a NAT, or another interface, between "
                                "them.",
                                evidence.trace.source(t.request).text(), named->text(),
                                sender(evidence, response), methodOf(evidence, t), seen->text(),
                                port && !port->empty() ? " port " : "", port ? shown(*port) : ""));
        f.impact = "What it writes into Contact and SDP by its own knowledge may lead nowhere for "
                   "the other side.";
        f.evidence = {at(evidence, response, sip::HeaderId::Via, "received")};
        f.fixes = {{"If something does not arrive, use outbound (RFC 5626) for SIP and ICE or a "
                    "media relay for RTP.",
                    "operator", Action::None}};
        return;
    }
}

} // namespace

extern const Rule rt_nat;
const Rule rt_nat{"rt-nat",
                  "Seen from another address",
                  Severity::Info,
                  "RFC 3581 section 4, RFC 3261 section 18.2.1",
                  "200",
                  R"(
  0.00 alice>proxy OPTIONS branch=o1;received=203.0.113.9;rport=40001
* 0.05 proxy>alice 200 tag=p
)",
                  R"(
  0.00 alice>proxy OPTIONS branch=o1;received=192.0.2.10;rport=5060
  0.05 proxy>alice 200 tag=p
)",
                  check,
                  Reads::Messages};

} // namespace diagnosis::rules
