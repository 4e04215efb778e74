// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/crowd.h>

#include <algorithm>
#include <set>
#include <sip/uri.h>
#include <string>
#include <unordered_set>

namespace diagnosis {
namespace {

constexpr std::uint32_t kMostRows = 8192; // each way
constexpr std::size_t kScan = 10;         // accounts; a household has fewer telephones
constexpr auto kApart = std::chrono::minutes(1);
constexpr auto kLongAgo = std::chrono::minutes(10);

std::string account(const Evidence &evidence, trace::RowId request)
{
    const auto message = evidence.trace.message(request);
    return message ? sip::parseNameAddress(message->value(sip::HeaderId::To)).uri.address()
                   : std::string();
}

/// Who registers and is refused, in one direction of time.
class Refusals
{
public:
    Refusals(const Evidence &evidence, const calls::Transaction &refused)
        : m_evidence(evidence), m_at(evidence.trace.source(refused.request)),
          m_own(evidence.call.id), m_start(evidence.time(refused.request))
    {
        m_accounts.insert(account(evidence, refused.request));
    }

    /// Rows from `row` on, one way; ends with `enough` accounts.
    void look(std::uint32_t row, int step, std::size_t enough)
    {
        auto last = m_start;
        const auto size = static_cast<std::uint32_t>(m_evidence.trace.size());
        for (std::uint32_t n = 0; n < kMostRows && row < size && m_accounts.size() < enough;
             ++n, row += static_cast<std::uint32_t>(step)) {
            const trace::RowId id{row};
            const auto &each = m_evidence.trace.row(id);
            const auto apart = step > 0 ? each.time - last : last - each.time;
            if (apart > kApart)
                return;
            if (each.method != sip::Method::Register || !trace::isMessage(each.kind) ||
                each.call == m_own)
                continue;
            const bool request = each.status == 0;
            if (!request && (each.status == 403 || each.status == 404) &&
                m_evidence.trace.destination(id) == m_at)
                m_refused.insert(each.call.value);
            else if (request && each.viaCount == 1 && m_evidence.trace.source(id) == m_at)
                m_asked.emplace_back(id);
            else
                continue;
            last = each.time;
            settle(step);
        }
    }

    std::size_t accounts() const { return m_accounts.size(); }
    base::Instant first() const { return m_first.known() ? m_first : m_start; }
    base::Instant last() const { return std::max(m_last, m_start); }

private:
    /// Requests of which the refusal is known by now.
    void settle(int step)
    {
        const auto known = [&](trace::RowId id) {
            const auto &row = m_evidence.trace.row(id);
            if (!m_refused.contains(row.call.value))
                return false;
            if (m_accounts.insert(account(m_evidence, id)).second) {
                m_first = step < 0 ? row.time : m_first;
                m_last = std::max(m_last, row.time);
            }
            return true;
        };
        m_asked.erase(std::remove_if(m_asked.begin(), m_asked.end(), known), m_asked.end());
        if (m_asked.size() > 2 * kScan) // of many under way at once the oldest wait no more
            m_asked.erase(m_asked.begin());
    }

    const Evidence &m_evidence;
    base::Endpoint m_at;
    calls::CallId m_own;
    base::Instant m_start, m_first, m_last;
    std::set<std::string> m_accounts;
    std::unordered_set<std::uint32_t> m_refused;
    std::vector<trace::RowId> m_asked;
};

} // namespace

Crowd refusedAlike(const Evidence &evidence, const calls::Transaction &refused)
{
    Crowd crowd;
    crowd.since = crowd.until = evidence.time(refused.request);
    if (evidence.trace.row(refused.request).viaCount != 1 ||
        !evidence.trace.source(refused.request).known())
        return crowd;
    Refusals earlier(evidence, refused);
    if (refused.request.value > 0)
        earlier.look(refused.request.value - 1, -1, kScan);
    crowd.before = earlier.accounts() > 1;
    Refusals later(evidence, refused);
    later.look(refused.request.value + 1, 1, crowd.before ? kScan : kMostRows);
    crowd.count = earlier.accounts() + later.accounts() - 1;
    crowd.all = crowd.count;
    crowd.since = earlier.first();
    crowd.until = later.last();
    return crowd;
}

Crowd unansweredAlike(const Evidence &evidence, const calls::Transaction &silent)
{
    Crowd crowd;
    const auto &own = evidence.trace.row(silent.request);
    crowd.since = crowd.until = own.time;
    const auto matches = [&](const trace::Row &row) {
        return trace::isMessage(row.kind) && row.method == own.method && row.call != own.call &&
               (row.status != 0 || (row.pair == own.pair && row.toTag == 0));
    };
    std::unordered_set<std::uint32_t> answered, seen;
    for (std::uint32_t n = 1; n <= std::min(kMostRows, silent.request.value); ++n) {
        const auto &row = evidence.trace.row(trace::RowId{silent.request.value - n});
        if (own.time - row.time > kLongAgo)
            break;
        if (!matches(row))
            continue;
        if (row.status != 0)
            answered.insert(row.call.value);
        else if (seen.insert(row.call.value).second && !answered.contains(row.call.value)) {
            crowd.before = true;
            return crowd;
        }
    }
    std::vector<const trace::Row *> asked;
    answered.clear();
    seen.clear();
    const auto size = static_cast<std::uint32_t>(evidence.trace.size());
    for (std::uint32_t n = silent.request.value + 1;
         n < size && n <= silent.request.value + kMostRows; ++n) {
        const auto &row = evidence.trace.row(trace::RowId{n});
        if (!matches(row))
            continue;
        if (row.status != 0)
            answered.insert(row.call.value);
        else if (seen.insert(row.call.value).second)
            asked.push_back(&row);
    }
    constexpr auto kPatience = std::chrono::seconds(32); // 64*T1: an answer may come yet
    for (const auto *const row : asked) {
        const bool open = !answered.contains(row->call.value);
        if (open && evidence.now - row->time < kPatience)
            continue;
        ++crowd.all;
        crowd.count += open ? 1 : 0;
        crowd.until = open ? row->time : crowd.until;
    }
    return crowd;
}

} // namespace diagnosis
