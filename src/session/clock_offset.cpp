// SPDX-License-Identifier: Apache-2.0
#include <session/clock_offset.h>

#include <algorithm>
#include <base/counted.h>
#include <base/text.h>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace session {
namespace {

constexpr std::size_t kMostSightings = 400'000;
constexpr std::size_t kMostPerKey = 64; // retransmissions and hops of one message

std::uint64_t mixed(std::uint64_t seed, std::string_view part)
{
    return (seed ^ std::hash<std::string_view>()(part)) * 0x9E3779B97F4A7C15ULL;
}

using Differences = std::vector<base::Duration>;

base::Duration median(Differences &values)
{
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 != 0)
        return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

/// Half of the values lie within so much of `centre`.
base::Duration spread(const Differences &values, base::Duration centre)
{
    Differences away;
    away.reserve(values.size());
    for (const base::Duration value : values)
        away.push_back(std::chrono::abs(value - centre));
    return away.empty() ? base::Duration{0} : median(away);
}

/// Messages that went over one stretch of the network, by direction.
struct Stretch {
    Differences there, back;
};

struct Middle {
    base::Duration offset{0}, within{0};
    std::size_t weight = 0;
};

/// Of a stretch on which messages went both ways. How long a direction takes is not known, only how
/// long both take together: half of that is how far off the middle may be.
Middle middleOf(Stretch &stretch)
{
    const base::Duration there = median(stretch.there), back = median(stretch.back);
    const base::Duration noise = std::max(spread(stretch.there, there), spread(stretch.back, back));
    return {(there + back) / 2, std::max(std::chrono::abs(there - back) / 2, noise),
            std::min(stretch.there.size(), stretch.back.size())};
}

/// A median, each as heavy as the messages behind it.
Middle typical(std::vector<Middle> middles)
{
    std::sort(middles.begin(), middles.end(),
              [](const Middle &a, const Middle &b) { return a.offset < b.offset; });
    std::size_t total = 0, seen = 0;
    for (const Middle &one : middles)
        total += one.weight;
    for (const Middle &one : middles) {
        seen += one.weight;
        if (seen * 2 >= total)
            return one;
    }
    return {};
}

} // namespace

bool Sightings::full() const
{
    return m_size >= kMostSightings;
}

void Sightings::add(const sip::Message &message, base::Instant time, const base::Address &source,
                    const base::Address &destination)
{
    const std::string_view callId = message.callId();
    const auto vias = message.values(sip::HeaderId::Via);
    if (callId.empty() || vias.empty() || full())
        return;
    const sip::CSeq cseq = message.cseq();
    const auto branch = sip::parameter(vias.back(), "branch").value_or(vias.back());
    std::uint64_t key = mixed(static_cast<std::uint64_t>(message.status), callId);
    key = mixed(key ^ cseq.number, message.isRequest() ? message.methodText : cseq.methodText);
    key = mixed(mixed(mixed(key, message.fromTag()), message.toTag()), branch);
    if (message.status == 100) // each hop answers with one of its own (RFC 3261 section 17.2.1)
        key = mixed(key, vias.front());
    auto &list = m_byKey[key];
    if (list.size() >= kMostPerKey)
        return;
    list.push_back({time, source, destination, mixed(1, vias.front()),
                    static_cast<std::uint32_t>(vias.size()), !message.isRequest()});
    ++m_size;
}

/// Sightings of both captures, message by message.
class Pairing
{
public:
    using Sightings = std::vector<session::Sightings::Sighting>;

    /// Sightings of one message pair up hop by hop; where one of the two files holds more of them
    /// (a repetition that did not pass), nobody knows which belong together.
    void add(const Sightings &as, const Sightings &bs)
    {
        std::map<std::uint64_t, std::pair<Some, Some>> hops;
        for (const auto &a : as)
            hops[a.hop].first.push_back(&a);
        for (const auto &b : bs)
            hops[b.hop].second.push_back(&b);
        bool common = false;
        for (const auto &[hop, both] : hops) {
            common = common || (!both.first.empty() && !both.second.empty());
            for (std::size_t i = 0;
                 both.first.size() == both.second.size() && i < both.first.size(); ++i)
                count(*both.first[i], *both.second[i]);
        }
        if (!common && as.size() == 1 && bs.size() == 1)
            count(as.front(), bs.front());
    }

    ClockOffset result()
    {
        ClockOffset out;
        out.messages = m_all.size();
        std::vector<Middle> middles;
        for (auto &[ends, stretch] : m_stretches) {
            if (!stretch.there.empty() && !stretch.back.empty())
                middles.push_back(middleOf(stretch));
        }
        out.bothWays = !middles.empty();
        if (out.bothWays) {
            const Middle middle = typical(std::move(middles));
            out.offset = middle.offset;
            out.within = middle.within;
        } else if (!m_all.empty()) {
            out.offset = median(m_all);
            out.within = spread(m_all, out.offset);
        }
        return out;
    }

private:
    using Sighting = session::Sightings::Sighting;
    using Some = std::vector<const Sighting *>;

    void count(const Sighting &a, const Sighting &b)
    {
        const base::Duration difference = b.time - a.time;
        m_all.push_back(difference);
        std::pair ends(a.source, a.destination);
        bool there = ends.first < ends.second;
        if (!there)
            std::swap(ends.first, ends.second);
        if (a.vias != b.vias) { // hops in between: requests gain a Via there, responses lose one
            ends = {};
            there = (b.vias > a.vias) != a.response;
        }
        Stretch &stretch = m_stretches[ends];
        (there ? stretch.there : stretch.back).push_back(difference);
    }

    std::map<std::pair<base::Address, base::Address>, Stretch> m_stretches;
    Differences m_all;
};

ClockOffset estimateClock(const Sightings &reference, const Sightings &other)
{
    Pairing pairing;
    for (const auto &[key, seen] : other.m_byKey) {
        if (const auto before = reference.m_byKey.find(key); before != reference.m_byKey.end())
            pairing.add(before->second, seen);
    }
    return pairing.result();
}

std::string clockSentence(const ClockOffset &clock, std::string_view file,
                          std::string_view reference)
{
    if (clock.messages == 0 && !clock.given)
        return {};
    // No clock that differs, as far as anybody can tell.
    const base::Duration told = std::chrono::abs(clock.offset);
    if (!clock.applied && !clock.given &&
        (told <= clock.within || told < std::chrono::microseconds(1)))
        return {};
    const bool behind = clock.offset.count() < 0;
    std::string out = fmt::format("The clock of {} runs {} s {} {}", base::printable(file),
                                  base::seconds(told, 6), behind ? "behind" : "ahead of",
                                  base::printable(reference));
    if (clock.given)
        return out + ", as given; its times are corrected.";
    out +=
        fmt::format(", from {} seen in both, +-{:.3f} ms", base::counted(clock.messages, "message"),
                    base::toMilliseconds(clock.within));
    if (clock.applied)
        return out + "; its times are corrected.";
    if (!clock.bothWays)
        return out + "; they went one way only, so that may be the network's delay, and nothing is "
                     "corrected.";
    return out + "; its times are left as they are.";
}

} // namespace session
