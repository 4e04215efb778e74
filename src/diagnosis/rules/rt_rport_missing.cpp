// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr int kMost = 16; // requests that are looked at
constexpr std::uint16_t kSipPort = 5060;
constexpr auto kOnItsWay = std::chrono::milliseconds(300);

/// The top Via without rport, from whose port the packet did not come.
struct Astray {
    bool found = false;
    std::uint16_t named = 0;
    std::string_view value;
};
Astray astray(const Evidence &evidence, const calls::Transaction &t)
{
    const auto values = evidence.message(t.request).values(sip::HeaderId::Via);
    if (values.empty())
        return {};
    const auto via = sip::parseVia(values.front());
    const auto source = evidence.trace.source(t.request);
    const auto named = via.port.value_or(kSipPort);
    return {via.ok && !via.parameter("rport") && source.port != 0 && named != source.port, named,
            values.front()};
}

/// A response that went to the port of the Via instead, where nothing may listen.
trace::RowId misdirected(const Evidence &evidence, const calls::Transaction &t, std::uint16_t named)
{
    for (const auto row : t.responses) {
        const auto to = evidence.trace.destination(row);
        if (to.port == named && to.address == evidence.trace.source(t.request).address)
            return row;
    }
    return {};
}

void check(const Evidence &evidence, Findings &out)
{
    int requests = 0;
    for (const auto &t : evidence.call.transactions) {
        // Sent again behind a response: that one did not arrive.
        if (!t.request.valid() || t.repeats.empty() || t.responses.empty() ||
            evidence.trace.row(t.request).transport != base::Transport::Udp)
            continue;
        if (++requests > kMost)
            return;
        const auto wrong = astray(evidence, t);
        const auto response = wrong.found ? misdirected(evidence, t, wrong.named) : trace::RowId{};
        // A 1xx stops no request but INVITE (RFC 3261 section 17.1.2.2), and a repeat may have been
        // on its way.
        const bool stops = t.method == sip::Method::Invite || t.finalResponse == response;
        if (!response.valid() || !stops ||
            evidence.time(t.repeats.back()) - evidence.time(response) < kOnItsWay)
            continue;
        auto &f = out.add(
            "rt-rport-missing", Severity::Error, Grade::Likely,
            fmt::format("The {} came from port {}, but its Via asks for the answer at port {} and "
                        "has no rport [1]: {} answered there [2], and the request was sent again "
                        "[3].",
                        methodOf(evidence, t), evidence.trace.source(t.request).port, wrong.named,
                        sender(evidence, response)));
        f.impact = "Behind a NAT the answer does not arrive: the sender repeats its request and "
                   "gives up after 32 s.";
        f.evidence = {at(evidence, t.request, wrong.value, "no rport"),
                      at(response, "to another port than the request came from"),
                      at(t.repeats.back(), "not answered, for its sender")};
        f.fixes = {{"Put rport into the Via of every request over UDP (RFC 3581).",
                    "caller's user agent", Action::None},
                   {"Answer to the port that the request came from, also without rport.",
                    "home proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule rt_rport_missing;
const Rule rt_rport_missing{"rt-rport-missing",
                            "The answer goes to another port",
                            Severity::Error,
                            "RFC 3581 section 4, RFC 3261 section 18.2.2",
                            "408",
                            R"(
  0.00 alice>proxy OPTIONS sport=31000
* 0.02 proxy>alice 200 tag=p dport=5060
  0.50 alice>proxy again sport=31000
  1.50 alice>proxy again sport=31000
)",
                            R"(
  0.00 alice>proxy OPTIONS sport=31000
  0.50 alice>proxy again sport=31000
  0.52 proxy>alice 200 tag=p dport=31000
)",
                            check,
                            Reads::Messages};

} // namespace diagnosis::rules
