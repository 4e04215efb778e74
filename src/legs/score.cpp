// SPDX-License-Identifier: Apache-2.0
#include <legs/score.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <fmt/format.h>

namespace legs {

namespace {

constexpr base::Duration kSoon = std::chrono::seconds(2);
// Weights: 100 is certain. What names the other call stands alone, the rest has to add up.
constexpr int kNamed = 95, kSession = 90, kStem = 80, kMark = 80, kIcid = 80;
constexpr int kFrom = 30, kTo = 30, kDiverted = 25, kOrigin = 50, kMedia = 45, kAlike = 50;
constexpr int kPlace = 20, kTime = 10, kMoment = 10;
constexpr base::Duration kHandedOn = std::chrono::milliseconds(150);
constexpr std::array<std::string_view, 4> kWhat{
    "Both offers", "The offer of the earlier call and the answer of the later one",
    "The answer of the earlier call and the offer of the later one", "Both answers"};

std::string quoted(std::string_view text)
{
    return base::printable(text, false, 80);
}

bool has(const std::vector<std::string_view> &list, std::string_view text)
{
    return std::any_of(list.begin(), list.end(),
                       [&](std::string_view other) { return base::equalsNoCase(other, text); });
}

class Judging
{
public:
    Judging(const Side &first, const Side &second, const Common &common)
        : m_first(first), m_second(second), m_common(common)
    {
    }

    Verdict run()
    {
        named(m_first.traits, m_second.traits);
        named(m_second.traits, m_first.traits);
        shared();
        numbers();
        media();
        m_out.weak.place = placeMatches(m_first.destination, m_first.source, m_second.source);
        m_out.weak.soon = soonAfter(m_first.start, m_second.start);
        if (m_out.weak.place && m_out.score() != 0)
            say(0,
                m_first.destination == m_second.source
                    ? fmt::format("The earlier call went to {}, where the later one came from.",
                                  m_second.source.text())
                    : fmt::format("The earlier call went to {}, and the later one came from port "
                                  "{} of the same host.",
                                  m_first.destination.text(), m_second.source.port));
        m_out.weak.moments = m_out.weak.to ? momentsShared(m_first, m_second) : 0;
        if (m_out.weak.moments != 0)
            say(0, fmt::format("{} in both calls within {} ms.", what(),
                               kHandedOn.count() / 1'000'000));
        if (m_out.weak.soon && m_out.score() != 0)
            say(0, fmt::format("The later call began {} ms after the earlier one.",
                               (m_second.start - m_first.start).count() / 1'000'000));
        return std::move(m_out);
    }

private:
    std::string what() const
    {
        const auto both = [](base::Instant a, base::Instant b) {
            return a.known() && b.known() && std::chrono::abs(a - b) <= kHandedOn;
        };
        std::string out;
        const auto add = [&](bool there, std::string_view word) {
            out += !there ? "" : out.empty() ? word : fmt::format(", {}", word);
        };
        add(both(m_first.rang, m_second.rang), "Ringing");
        add(both(m_first.answered, m_second.answered), out.empty() ? "The answer" : "the answer");
        add(both(m_first.end, m_second.end), out.empty() ? "The end" : "the end");
        return out + " came";
    }
    void say(int strong, std::string sentence)
    {
        m_out.strong = std::max(m_out.strong, strong);
        m_out.reasons.push_back(std::move(sentence));
    }

    void named(const Traits &by, const Traits &named)
    {
        if (by.replaces == named.callId && !named.callId.empty()) {
            m_out.relation = Relation::Transfer;
            say(kNamed, fmt::format("Replaces in the INVITE of {} names the other Call-ID.",
                                    quoted(by.callId)));
        }
        for (const Mark &mark : by.marks)
            if (mark.value == named.callId)
                say(kNamed, fmt::format("{} in the INVITE of {} is the other Call-ID.",
                                        quoted(mark.name), quoted(by.callId)));
    }

    void shared()
    {
        const Traits &a = m_first.traits, &b = m_second.traits;
        for (const std::string_view id : a.sessionIds)
            if (has(b.sessionIds, id) && !m_common("session", id))
                say(kSession, fmt::format("Both carry the Session-ID {}.", quoted(id)));
        for (const Mark &mark : a.marks)
            for (const Mark &other : b.marks)
                if (mark.correlates && other.correlates && mark.value == other.value &&
                    base::equalsNoCase(mark.name, other.name) && !m_common("mark", mark.value))
                    say(kMark,
                        fmt::format("Both carry {}: {}.", quoted(mark.name), quoted(mark.value)));
        if (!a.icid.empty() && a.icid == b.icid && !m_common("icid", a.icid))
            say(kIcid,
                fmt::format("Both have the icid-value {} in P-Charging-Vector.", quoted(a.icid)));
        if (a.stem.empty() || a.stem != b.stem || m_common("stem", a.stem))
            return;
        if (a.decorated || b.decorated)
            say(kStem, fmt::format("Both Call-IDs are {} with what a back-to-back user agent adds.",
                                   quoted(a.stem)));
        else if (a.stem.size() >= 8) {
            m_out.weak.stem = true;
            say(0, fmt::format("Both Call-IDs begin with {}.", quoted(a.stem)));
        }
    }

    void numbers()
    {
        const Traits &a = m_first.traits, &b = m_second.traits;
        if (sameUser(a.from, b.from)) {
            m_out.weak.from = true;
            say(0, fmt::format("The caller is the same: {}.", quoted(b.from)));
        }
        if (sameUser(a.to, b.to)) {
            m_out.weak.to = true;
            say(0, fmt::format("The number called is the same: {}.", quoted(b.to)));
            return;
        }
        for (const std::string &user : b.diverted) {
            if (!sameUser(a.to, user))
                continue;
            m_out.weak.diverted = true;
            say(0, fmt::format("The later call was diverted from {}, which the earlier one called.",
                               quoted(user)));
            return;
        }
    }

    /// What one leg offers or answers with is in the other's offer or answer: whoever is in between
    /// hands descriptions on.
    void media()
    {
        const Traits &a = m_first.traits, &b = m_second.traits;
        const std::array<const Described *, 2> as{&a.offer, &a.answer}, bs{&b.offer, &b.answer};
        for (std::size_t i = 0; i < 4; ++i) {
            const Described &mine = *as[i / 2], &other = *bs[i % 2];
            const std::string_view what = kWhat[i];
            if (!m_out.weak.origin && !mine.origin.empty() && mine.origin == other.origin &&
                !m_common("origin", mine.origin)) {
                m_out.weak.origin = true;
                say(0, fmt::format("{} are of one SDP session, o={}.", what, quoted(mine.origin)));
            }
            if (!m_out.weak.media && mine.media && mine.media == other.media &&
                (i == 0 || !m_common("media", mine.media->text()))) { // or a server's only port
                m_out.weak.media = true;
                say(0, fmt::format("{} want media at {}.", what, mine.media->text()));
            }
        }
    }

    const Side &m_first, &m_second;
    const Common &m_common;
    Verdict m_out;
};

} // namespace

int Weak::score() const
{
    const int matter = (from ? kFrom : 0) + (to ? kTo : 0) + (diverted ? kDiverted : 0) +
                       (origin ? kOrigin : 0) + (media ? kMedia : 0) + (stem ? kAlike : 0);
    return matter == 0 ? 0
                       : std::min(99, matter + (place ? kPlace : 0) + (soon ? kTime : 0) +
                                          moments * kMoment);
}

int Verdict::score() const
{
    return std::max(strong, weak.score());
}

int momentsShared(const Side &first, const Side &second)
{
    // Clocks of one capture: what is handed on comes behind what it was made of.
    const auto handedOn = [](base::Instant by, base::Instant to) {
        return by.known() && to.known() && to - by >= -std::chrono::milliseconds(5) &&
               to - by <= kHandedOn;
    };
    const bool answered = first.answered.known() && second.answered.known();
    if (answered && !handedOn(second.answered, first.answered))
        return 0;
    const bool ended = first.end.known() && second.end.known();
    if (ended && std::chrono::abs(first.end - second.end) > kHandedOn)
        return 0;
    return (handedOn(second.rang, first.rang) ? 1 : 0) + (answered ? 1 : 0) + (ended ? 1 : 0);
}

bool soonAfter(base::Instant first, base::Instant second)
{
    return second - first <= kSoon;
}

bool placeMatches(const base::Endpoint &firstEnds, const base::Endpoint &firstBegan,
                  const base::Endpoint &secondBegins)
{
    if (!firstEnds.known() || !secondBegins.known())
        return false;
    if (firstEnds == secondBegins)
        return true;
    // Another port of the same host, unless everybody lives on that host.
    return firstEnds.address == secondBegins.address && firstBegan.address != firstEnds.address;
}

bool parallel(const base::Endpoint &sourceA, const base::Endpoint &destinationA,
              const base::Endpoint &sourceB, const base::Endpoint &destinationB)
{
    const auto same = [](const base::Endpoint &a, const base::Endpoint &b) {
        return a.known() && a == b;
    };
    return same(sourceA, sourceB) || same(destinationA, destinationB);
}

Verdict judge(const Side &first, const Side &second, const Common &common)
{
    return Judging(first, second, common).run();
}

} // namespace legs
