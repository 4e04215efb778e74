// SPDX-License-Identifier: Apache-2.0
#include <ladder/together.h>

#include <algorithm>

namespace ladder {
namespace {

constexpr std::uint32_t kNone = ~0U;

std::uint32_t moved(std::uint32_t index, std::size_t by)
{
    return index == kNone ? kNone : index + static_cast<std::uint32_t>(by);
}

/// Rows of one leg with the moments they are ordered by: a row that its leg put behind a later one
/// counts as of that one's time.
struct Timed {
    base::Instant time;
    calls::CallRow row;
};

void takeRows(const trace::Trace &trace, const calls::Call &leg, const calls::Call &all,
              std::vector<Timed> &out)
{
    if (leg.rows.empty())
        return;
    base::Instant latest = trace.row(leg.rows.front().row).time;
    for (calls::CallRow row : leg.rows) {
        latest = std::max(latest, trace.row(row.row).time);
        row.transaction = moved(row.transaction, all.transactions.size());
        row.earlyDialog = moved(row.earlyDialog, all.earlyDialogs.size());
        out.push_back({latest, row});
    }
}

void takeStreams(const Leg &leg, std::size_t dialogs, std::vector<diagnosis::BoundStream> &out)
{
    for (diagnosis::BoundStream bound : leg.streams) {
        bound.earlyDialog = moved(bound.earlyDialog, dialogs);
        const auto same = std::find_if(out.begin(), out.end(), [&](const auto &known) {
            return known.stream->id == bound.stream->id;
        });
        if (same == out.end())
            out.push_back(std::move(bound));
        else if (bound.certainty < same->certainty)
            *same = std::move(bound);
    }
}

} // namespace

Together together(const trace::Trace &trace, std::span<const Leg> legs)
{
    Together out;
    if (legs.empty())
        return out;
    out.call = *legs.front().call;
    out.call.transactions.clear();
    out.call.earlyDialogs.clear();
    std::vector<Timed> rows;
    for (const Leg &leg : legs) {
        takeRows(trace, *leg.call, out.call, rows);
        takeStreams(leg, out.call.earlyDialogs.size(), out.streams);
        out.findings.insert(out.findings.end(), leg.findings.begin(), leg.findings.end());
        auto &transactions = out.call.transactions;
        transactions.insert(transactions.end(), leg.call->transactions.begin(),
                            leg.call->transactions.end());
        auto &dialogs = out.call.earlyDialogs;
        dialogs.insert(dialogs.end(), leg.call->earlyDialogs.begin(), leg.call->earlyDialogs.end());
        out.call.first = std::min(out.call.first, leg.call->first);
        out.call.last = std::max(out.call.last, leg.call->last);
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Timed &a, const Timed &b) { return a.time < b.time; });
    out.call.rows.clear();
    out.call.rows.reserve(rows.size());
    for (const Timed &timed : rows)
        out.call.rows.push_back(timed.row);
    return out;
}

} // namespace ladder
