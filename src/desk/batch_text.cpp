// SPDX-License-Identifier: Apache-2.0
// What came of repeated calls: figures over all of them, as text, CSV and JSON, and their plot.
#include <desk/batch.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace desk {
namespace {

using Json = nlohmann::ordered_json;
using Figure = std::optional<double> BatchResult::*;

/// The share of the values at or below the one that is given: its rank is rounded up, so that the
/// 95th percentile of few calls is not a call from their middle.
std::optional<BatchSpread> spreadOf(const std::vector<BatchResult> &results, Figure figure)
{
    std::vector<double> values;
    for (const BatchResult &each : results)
        if (each.*figure)
            values.push_back(*(each.*figure));
    if (values.empty())
        return std::nullopt;
    std::sort(values.begin(), values.end());
    const auto at = [&](std::size_t percent) {
        return values[(values.size() * percent + 99) / 100 - 1];
    };
    return BatchSpread{values.size(), values.front(), at(50), at(95), values.back()};
}

constexpr std::size_t kMostReasons = 8;

/// A light says little; what it means, as much of it as fits a line.
std::string wordsOf(const BatchResult &each)
{
    constexpr std::size_t kMostWords = 100;
    std::string out = base::printable(codeText(each), false, kMostWords);
    if (!each.earlyVerdict.empty())
        out += "; " + base::printable(each.earlyVerdict, false, kMostWords);
    return out;
}

std::string cell(const std::optional<double> &value, int decimals = 3)
{
    return value ? fmt::format("{:.{}f}", *value, decimals) : std::string("-");
}

std::string csvCell(const std::string &text)
{
    std::string safe = base::printable(text, false, 300);
    // A phrase comes from the wire, and a spreadsheet runs what begins like this.
    if (!safe.empty() && std::string_view("=+-@").find(safe.front()) != std::string_view::npos)
        safe.insert(safe.begin(), '\'');
    if (safe.find_first_of("\",;\r\n") == std::string::npos)
        return safe;
    std::string out = "\"";
    for (const char letter : safe)
        out += letter == '"' ? std::string("\"\"") : std::string(1, letter);
    return out + '"';
}

Json numberOrNull(const std::optional<double> &value)
{
    return value ? Json(*value) : Json(nullptr);
}

Json jsonOf(const std::optional<BatchSpread> &spread)
{
    if (!spread)
        return nullptr;
    return {{"count", spread->count},
            {"min", spread->least},
            {"median", spread->median},
            {"p95", spread->p95},
            {"max", spread->most}};
}

Json jsonOf(const BatchResult &each)
{
    return {
        {"call_id", each.callId},
        {"code", each.code},
        {"phrase", each.phrase},
        {"local", each.local},
        {"pdd", numberOrNull(each.pdd)},
        {"cut_through", numberOrNull(each.cutThrough)},
        {"answer", numberOrNull(each.answer)},
        {"text", each.sentence.empty() ? Json(nullptr) : Json(each.sentence)},
        {"early_media", each.earlyMedia.empty() ? Json(nullptr) : Json(each.earlyMedia)},
        {"early_media_text", each.earlyVerdict.empty() ? Json(nullptr) : Json(each.earlyVerdict)},
        {"mos", numberOrNull(each.mos)}};
}

} // namespace

BatchSummary summaryOf(const Batch &batch)
{
    BatchSummary out;
    for (const BatchResult &each : batch.results()) {
        ++out.placed;
        out.answered += isAnswered(each) ? 1 : 0;
        ++out.codes[each.code == 0 ? "none"
                                   : std::to_string(each.code) + (each.local ? " local" : "")];
        const bool here = each.code == 0 || each.local;
        if (here && !each.sentence.empty() &&
            (out.reasons.contains(each.sentence) || out.reasons.size() < kMostReasons))
            ++out.reasons[each.sentence];
    }
    out.perSecond = batch.rate();
    out.heldBack = batch.heldBack();
    out.pdd = spreadOf(batch.results(), &BatchResult::pdd);
    out.cutThrough = spreadOf(batch.results(), &BatchResult::cutThrough);
    out.answer = spreadOf(batch.results(), &BatchResult::answer);
    out.mos = spreadOf(batch.results(), &BatchResult::mos);
    return out;
}

std::string summaryText(const BatchSummary &summary)
{
    std::string out =
        fmt::format("{} placed, {} answered; codes:", summary.placed, summary.answered);
    for (const auto &[code, count] : summary.codes)
        out += fmt::format(" {} x {}", count, code);
    for (const auto &[reason, count] : summary.reasons)
        out += fmt::format("\n{} x {}", count, base::printable(reason, false, 200));
    if (summary.heldBack)
        out += fmt::format("\nToo many calls were under way at once ({}), so later ones waited.",
                           kMostBatchAtOnce);
    const auto add = [&](const char *name, const std::optional<BatchSpread> &spread,
                         const char *unit, int decimals) {
        if (spread)
            out += fmt::format("\n{:<12} min {:.{}f}  median {:.{}f}  p95 {:.{}f}  max {:.{}f}{}",
                               name, spread->least, decimals, spread->median, decimals, spread->p95,
                               decimals, spread->most, decimals, unit);
    };
    add("PDD", summary.pdd, " s", 3);
    add("cut-through", summary.cutThrough, " s", 3);
    add("answer", summary.answer, " s", 3);
    add("MOS", summary.mos, "", 2);
    return out + '\n';
}

std::string batchTable(const Batch &batch)
{
    std::string out =
        fmt::format("{:>4} {:>5} {:>9} {:>11} {:>9} {:>6} {:>5}  {}\n", "call", "code", "PDD s",
                    "cut-thr. s", "answer s", "early", "MOS", "what came; early media");
    for (const BatchResult &each : batch.results())
        out += fmt::format("{:>4} {:>5} {:>9} {:>11} {:>9} {:>6} {:>5}  {}\n", each.number,
                           each.code == 0 ? "-" : std::to_string(each.code), cell(each.pdd),
                           cell(each.cutThrough), cell(each.answer),
                           each.earlyMedia.empty() ? "-" : each.earlyMedia, cell(each.mos, 2),
                           wordsOf(each));
    return out + '\n' + summaryText(summaryOf(batch));
}

std::string batchCsv(const Batch &batch)
{
    std::string out = "call,call_id,code,phrase,local,pdd_s,cut_through_s,answer_s,early_media,"
                      "mos,early_media_text,text\r\n";
    const auto value = [](const std::optional<double> &number, int decimals) {
        return number ? fmt::format("{:.{}f}", *number, decimals) : std::string();
    };
    for (const BatchResult &each : batch.results())
        out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\r\n", each.number,
                           csvCell(each.callId), each.code, csvCell(each.phrase),
                           each.local ? "yes" : "no", value(each.pdd, 6), value(each.cutThrough, 6),
                           value(each.answer, 6), each.earlyMedia, value(each.mos, 2),
                           csvCell(each.earlyVerdict), csvCell(each.sentence));
    return out;
}

std::string batchJson(const Batch &batch)
{
    const auto summary = summaryOf(batch);
    Json calls = Json::array();
    for (const BatchResult &each : batch.results())
        calls.push_back(jsonOf(each));
    const Json out{{"schema_version", 1},
                   {"target", batch.plan().call.target},
                   {"calls", std::move(calls)},
                   {"summary",
                    {{"placed", summary.placed},
                     {"answered", summary.answered},
                     {"codes", summary.codes},
                     {"reasons", summary.reasons},
                     {"calls_per_second", numberOrNull(summary.perSecond)},
                     {"held_back", summary.heldBack},
                     {"pdd", jsonOf(summary.pdd)},
                     {"cut_through", jsonOf(summary.cutThrough)},
                     {"answer", jsonOf(summary.answer)},
                     {"mos", jsonOf(summary.mos)}}}};
    return out.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

Plot plotOf(const Batch &batch)
{
    Plot out{fmt::format("{} calls to {}", batch.results().size(),
                         base::printable(batch.plan().call.target, false, 60)),
             "call",
             "seconds since the INVITE",
             "PDD",
             "answer",
             {}};
    for (const BatchResult &each : batch.results())
        out.points.push_back({each.number, each.pdd, each.answer, each.code});
    return out;
}

} // namespace desk
