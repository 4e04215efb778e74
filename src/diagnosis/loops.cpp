// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/loops.h>

#include <algorithm>
#include <diagnosis/facts.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis {
namespace {

/// The very copy that came by before, with fewer Via fields, whose own Via stands among those of
/// this one: it runs in a circle. Another branch of a fork has other Via fields.
trace::RowId cameBefore(const Evidence &evidence, const calls::Transaction &refused)
{
    std::vector<std::string> branches;
    for (const auto value : evidence.message(refused.request).values(sip::HeaderId::Via))
        branches.emplace_back(sip::parseVia(value).parameter("branch").value_or(""));
    const auto &last = evidence.trace.row(refused.request);
    for (const auto &t : evidence.call.transactions) {
        if (&t == &refused || t.method != refused.method || !t.request.valid() ||
            t.cseq != refused.cseq)
            continue;
        const auto &row = evidence.trace.row(t.request);
        if (row.viaCount < last.viaCount && row.time <= last.time && row.fromTag == last.fromTag &&
            evidence.trace.destination(t.request) == evidence.trace.destination(refused.request) &&
            std::find(branches.begin(), branches.end(), t.branch) != branches.end())
            return t.request;
    }
    return {};
}

/// A sent-by that stands in the Via fields twice; empty: none does.
std::string twice(const Evidence &evidence, trace::RowId request)
{
    std::vector<std::string> seen;
    for (const auto value : evidence.message(request).values(sip::HeaderId::Via)) {
        const auto via = sip::parseVia(value);
        auto place = fmt::format("{}:{}", via.host, via.port.value_or(5060));
        if (std::find(seen.begin(), seen.end(), place) != seen.end())
            return place;
        seen.push_back(std::move(place));
    }
    return {};
}

} // namespace

Loop loopOf(const Evidence &evidence, const calls::Transaction &refused)
{
    return {cameBefore(evidence, refused), twice(evidence, refused.request)};
}

const calls::Transaction *twinOf(const Evidence &evidence, const calls::Transaction &refused)
{
    const auto &all = evidence.call.transactions;
    const auto to = evidence.trace.destination(refused.request);
    const auto first = std::find_if(all.begin(), all.end(), [&](const auto &t) {
        return &t != &refused && t.method == refused.method && t.cseq == refused.cseq &&
               t.branch != refused.branch && t.request.valid() && t.started <= refused.started &&
               evidence.trace.destination(t.request).address == to.address;
    });
    return first == all.end() ? nullptr : &*first;
}

} // namespace diagnosis
