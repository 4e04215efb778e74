// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/network_error.h>
#include <diagnosis/conclude.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kMost = 8;                    // destinations that are told of
constexpr std::size_t kMostPlaces = 256;            // described at one moment
constexpr auto kFarewell = std::chrono::seconds(2); // a port closes before its BYE is seen here
constexpr auto kGoesOn = std::chrono::milliseconds(900);
constexpr auto kNextWord = std::chrono::seconds(12); // so often at least the session tells of it

struct Place { // an address for media, as somebody's newest description on a hop has it
    base::Endpoint endpoint;
    std::uint32_t tag = 0, pair = 0; // who described it, and on which hop
    std::uint32_t cseq = 0;
    sip::Method method = sip::Method::Unknown;
    bool request = false;
    std::uint32_t earlyDialog = ~0U; // the callee's
    trace::RowId row;
};

struct Refusal {
    base::Endpoint destination;
    trace::RowId first, described;
    base::Instant last;
    std::uint64_t count = 0;
    bool rtp = false; // the port itself was described
};

/// What was described last. A newer description takes the place of the ones before of the same
/// side: on its own hop, and if it belongs to another exchange on all of them.
class Places
{
public:
    void read(const Evidence &evidence, const calls::CallRow &entry)
    {
        const trace::Row &row = evidence.trace.row(entry.row);
        Place place;
        place.request = row.status == 0;
        place.tag = place.request ? row.fromTag : row.toTag;
        place.pair = row.pair;
        place.cseq = row.cseq;
        place.method = row.method;
        place.earlyDialog = place.request ? ~0U : entry.earlyDialog;
        place.row = entry.row;
        std::erase_if(m_places, [&](const Place &old) {
            const bool sameExchange = old.cseq == place.cseq && old.method == place.method &&
                                      old.request == place.request;
            const bool replaced = old.tag == place.tag && (old.pair == place.pair || !sameExchange);
            if (replaced && m_left.size() < kMostPlaces)
                m_left.push_back(old.endpoint);
            return replaced;
        });
        for (const sip::SdpMedia &media : sdpOf(evidence, entry.row).media)
            if (const auto end = media.endpoint();
                end && end->port != 0 && m_places.size() < kMostPlaces) {
                place.endpoint = *end;
                m_places.push_back(place);
            }
    }
    /// The place of the port, else one at its address; nullptr: nobody wants media there now, and
    /// if it was wanted before, the last packets were under way.
    const Place *at(const base::Endpoint &destination) const
    {
        const Place *found = nullptr;
        for (const Place &place : m_places) {
            if (place.endpoint == destination)
                return &place;
            if (place.endpoint.address == destination.address)
                found = &place;
        }
        const bool left = std::find(m_left.begin(), m_left.end(), destination) != m_left.end();
        return left ? nullptr : found;
    }

private:
    std::vector<Place> m_places;
    std::vector<base::Endpoint> m_left; // described before
};

/// When nobody has to take media at the place any more; unknown: that was not seen.
base::Instant endOf(const Evidence &evidence, const Place &place)
{
    const auto &call = evidence.call;
    base::Instant end = call.ended;
    const auto earlier = [&end](base::Instant time) {
        if (time.known() && (!end.known() || time < end))
            end = time;
    };
    if (!call.answered.known())
        for (const auto &transaction : call.transactions)
            if (transaction.method == sip::Method::Cancel && transaction.request.valid())
                earlier(transaction.started);
    if (place.earlyDialog < call.earlyDialogs.size()) {
        earlier(call.earlyDialogs[place.earlyDialog].ended);
        if (call.winner < call.earlyDialogs.size() && call.winner != place.earlyDialog)
            earlier(call.answered);
    }
    return end;
}

/// Adds to the refusals of a destination, or begins them.
void note(const Evidence &evidence, trace::RowId id, const Places &places,
          std::vector<Refusal> &refusals)
{
    const trace::Row &row = evidence.trace.row(id);
    const auto destination = evidence.trace.destination(id);
    const Place *const place = places.at(destination);
    if (place == nullptr)
        return;
    const auto end = endOf(evidence, *place);
    const auto known = std::find_if(refusals.begin(), refusals.end(), [&](const Refusal &refusal) {
        return refusal.destination == destination;
    });
    if (known != refusals.end()) {
        if (end.known() && row.time >= end)
            return;
        known->last = row.time;
        ++known->count;
        return;
    }
    // About the end ports close while the last packets are under way, and the word of the end
    // takes its time through the proxies.
    if (end.known() && row.time >= end - kFarewell)
        return;
    const bool rtp = place->endpoint == destination;
    const auto alike = std::count_if(refusals.begin(), refusals.end(),
                                     [&](const Refusal &refusal) { return refusal.rtp == rtp; });
    if (static_cast<std::size_t>(alike) < kMost)
        refusals.push_back({destination, id, place->row, row.time, 1, rtp});
}

/// Went media on to the place, long after the network's last word of it? Then somebody takes it
/// now.
bool tookLater(const Evidence &evidence, const Refusal &refusal)
{
    return std::any_of(evidence.streams.begin(), evidence.streams.end(), [&](const auto &bound) {
        return bound.stream->destination == refusal.destination &&
               bound.stream->last > refusal.last + kNextWord;
    });
}

void report(const Evidence &evidence, const Refusal &refusal, Findings &out)
{
    const auto *const event = evidence.trace.local(refusal.first);
    const auto lasted = refusal.last - evidence.time(refusal.first);
    const bool goesOn = refusal.rtp && lasted >= kGoesOn;
    const bool later = goesOn && tookLater(evidence, refusal);
    const bool dead = goesOn && !later;
    auto &f = out.add(
        "rtp-icmp", dead ? Severity::Error : Severity::Info, Grade::Seen,
        fmt::format(
            "{} from {} to {} did not arrive: {} [1]; {} [2].{}",
            refusal.rtp ? "Media" : "A packet", evidence.trace.source(refusal.first).text(),
            refusal.destination.text(), base::networkErrorText(base::networkErrorOf(*event)),
            refusal.rtp ? "its own description names that port"
                        : "its description names another port for RTP, so this may be RTCP that "
                          "nobody takes",
            dead    ? fmt::format(" The network told so again for {}.", lasting(lasted))
            : later ? std::string(" It told so no more while media went on.")
                    : std::string()));
    conclude(f,
             dead ? fmt::format("Whoever described {} hears nothing of what is sent there.",
                                refusal.destination.text())
             : refusal.rtp
                 ? "A few packets at most, as far as is told: a port that opens late or moves "
                   "looks like this too."
                 : "None for the sound; the sender gets no reports of loss.",
             {at(refusal.first, shown(event->sentence)), at(refusal.described, "the description")},
             {{fmt::format("Open the port that the SDP names, before it is told, on {}.",
                           refusal.destination.address.text()),
               "who described the port", Action::None},
              {"Let ICMP and RTP to that address pass.", "NAT or firewall", Action::None}});
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &rows = evidence.call.rows;
    const auto told = [&](const calls::CallRow &entry) {
        return evidence.trace.local(entry.row) != nullptr &&
               evidence.trace.row(entry.row).mediaUndelivered();
    };
    if (std::none_of(rows.begin(), rows.end(), told))
        return;
    Places places;
    std::vector<Refusal> refusals;
    for (const auto &entry : rows) {
        if (told(entry))
            note(evidence, entry.row, places, refusals);
        else if (evidence.trace.row(entry.row).hasSdp && !entry.original.valid())
            places.read(evidence, entry);
    }
    std::stable_partition(refusals.begin(), refusals.end(),
                          [](const Refusal &refusal) { return refusal.rtp; });
    if (refusals.size() > kMost)
        refusals.resize(kMost);
    for (const Refusal &refusal : refusals)
        report(evidence, refusal, out);
}

} // namespace

extern const Rule rtp_icmp;
const Rule rtp_icmp{"rtp-icmp",
                    "Nobody takes the media",
                    Severity::Error,
                    "RFC 3264 section 5.1",
                    "200",
                    R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.01 alice>bob ACK tag=b
  1.05 alice>bob rtp 150
* 1.06 alice>bob icmp "port unreachable"
* 2.10 alice>bob icmp "port unreachable"
)",
                    R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.01 alice>bob ACK tag=b
  1.05 alice>bob rtp 250
  1.10 bob>alice rtp 240
  5.98 alice>bob icmp "port unreachable"
  6.00 bob>alice BYE reverse tag=b
  6.01 alice>bob 200
  7.02 alice>bob icmp "port unreachable"
)",
                    check};

} // namespace diagnosis::rules
