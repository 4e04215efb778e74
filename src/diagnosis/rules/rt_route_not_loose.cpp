// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr int kMost = 16; // requests of proxies that are read
constexpr std::uint16_t kSipPort = 5060;

/// The top Route names the very socket that sends it.
bool ownRoute(const Evidence &evidence, trace::RowId request)
{
    if (!evidence.mayHave(request, sip::HeaderId::Route))
        return false;
    const auto routes = evidence.message(request).values(sip::HeaderId::Route);
    if (routes.empty())
        return false;
    const auto uri = sip::parseNameAddress(routes.front()).uri;
    const auto host = base::Address::parse(uri.host);
    const auto source = evidence.trace.source(request);
    if (evidence.trace.destination(request).address == source.address)
        return false; // it sends to itself, as a proxy with two interfaces may
    return host && *host == source.address && uri.port.value_or(kSipPort) == source.port;
}

void check(const Evidence &evidence, Findings &out)
{
    int requests = 0;
    for (const auto &t : evidence.call.transactions) {
        if (!t.request.valid() || !t.inDialog || evidence.trace.row(t.request).viaCount < 2)
            continue;
        if (++requests > kMost)
            return;
        if (!ownRoute(evidence, t.request))
            continue;
        auto &f =
            out.add("rt-route-not-loose", Severity::Error, Grade::Seen,
                    fmt::format("The {} leaves the proxy {} with that proxy's own address "
                                "still on top of its Route [1].",
                                methodOf(evidence, t), evidence.trace.source(t.request).text()));
        f.impact = "The next hop sends it back: the request goes round until Max-Forwards is used "
                   "up, or is refused with 482 or 483.";
        f.evidence = {at(evidence, t.request, sip::HeaderId::Route, "the sender's own address")};
        f.fixes = {{"Take the own entry off the Route before sending on (RFC 3261 section 16.4); "
                    "make sure that the proxy knows all its names and addresses as its own.",
                    "home proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule rt_route_not_loose;
const Rule rt_route_not_loose{"rt-route-not-loose",
                              "A proxy leaves its own Route in",
                              Severity::Error,
                              "RFC 3261 section 16.4",
                              "482",
                              R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>bob INVITE offer "Record-Route: <sip:192.0.2.4;lr>"
  1.00 bob>proxy 200 tag=b answer "Record-Route: <sip:192.0.2.4;lr>"
  1.01 proxy>alice 200 tag=b answer "Record-Route: <sip:192.0.2.4;lr>"
  1.05 alice>proxy ACK tag=b "Route: <sip:192.0.2.4;lr>"
  9.00 alice>proxy BYE tag=b "Route: <sip:192.0.2.4;lr>"
* 9.01 proxy>bob BYE tag=b "Route: <sip:192.0.2.4;lr>"
)",
                              R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>bob INVITE offer "Record-Route: <sip:192.0.2.4;lr>"
  1.00 bob>proxy 200 tag=b answer "Record-Route: <sip:192.0.2.4;lr>"
  1.01 proxy>alice 200 tag=b answer "Record-Route: <sip:192.0.2.4;lr>"
  1.05 alice>proxy ACK tag=b "Route: <sip:192.0.2.4;lr>"
  9.00 alice>proxy BYE tag=b "Route: <sip:192.0.2.4;lr>"
  9.01 proxy>bob BYE tag=b
)",
                              check,
                              Reads::Messages};

} // namespace diagnosis::rules
