// SPDX-License-Identifier: Apache-2.0
#include <app/call_batch.h>

#include <base/text.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <fstream>

namespace app {
namespace {

constexpr auto kTick = std::chrono::milliseconds(1);

/// Every call to its end; false: Ctrl+C came.
bool follow(Console &console, desk::Batch &batch)
{
    while (!batch.over(base::now())) {
        while (batch.due(base::now())) {
            const auto handle = console.desk().place(batch.plan().call);
            if (handle)
                batch.placed(*handle, base::now());
            else
                batch.refused(handle.error());
        }
        if (Console::interrupted())
            return false;
        console.waitUntil([] { return true; }, kTick);
    }
    return true;
}

/// What --timeout cut off; empty: nothing.
std::string cutShort(const desk::Batch &batch, std::size_t underWay)
{
    const auto &plan = batch.plan();
    const auto placed = batch.results().size();
    if (plan.limit.count() == 0 || batch.error() ||
        (placed >= static_cast<std::size_t>(plan.count) && underWay == 0))
        return {};
    return fmt::format("--timeout ended all of it after {} s: {} of {} calls were placed, {} of "
                       "them were not over.",
                       base::seconds(plan.limit, 0), placed, plan.count, underWay);
}

int write(const std::string &path, const std::string &text)
{
    std::ofstream out(path, std::ios::binary);
    out << text;
    out.close();
    if (out)
        return kFine;
    return complain(
        fmt::format("{} cannot be written: {}.", base::printable(path), std::strerror(errno)),
        kNoAccess);
}

} // namespace

base::Result<RepeatPlan> readRepeat(const Arguments &arguments, CallPlan each)
{
    RepeatPlan plan;
    plan.json = arguments.has("--json");
    plan.plot = arguments.value("--plot");
    plan.csv = arguments.value("--csv");
    auto &batch = plan.batch;
    batch.call = each.call;
    batch.call.cancelAfter =
        std::max<base::Duration>(each.cancelAfter, std::chrono::milliseconds(1));
    batch.limit = each.timeout;
    plan.each = std::move(each);
    const auto count = base::toInteger(arguments.value("--repeat", "1"));
    if (!count || *count < 1 || *count > desk::kMostBatchCalls)
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("--repeat takes 1 to {} calls, not \"{}\".",
                                      desk::kMostBatchCalls,
                                      base::printable(arguments.value("--repeat"), false, 40)));
    batch.count = static_cast<int>(*count);
    const auto rate = arguments.value("--rate", "1");
    const auto [end, error] =
        std::from_chars(rate.data(), rate.data() + rate.size(), batch.perSecond);
    const bool whole = error == std::errc{} && end == rate.data() + rate.size();
    if (!whole || !desk::checkBatch(batch))
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("--rate takes {} to {:.0f} calls a second, not \"{}\".",
                                      desk::kLeastBatchRate, desk::kMostBatchRate,
                                      base::printable(rate, false, 40)));
    for (const char *name : {"--rate", "--plot", "--csv"})
        if (arguments.has(name) && !arguments.has("--repeat"))
            return base::fail(base::ErrorCode::BadInput,
                              fmt::format("{} goes with --repeat.", name));
    return plan;
}

int runRepeat(Console &console, const RepeatPlan &plan)
{
    desk::Batch batch(plan.batch, base::now());
    console.onCall = [&](const desk::CallInfo &info) { batch.add(info); };
    const bool whole = follow(console, batch);
    if (batch.error() && batch.results().empty())
        return complain(batch.error()->sentence, exitFor(*batch.error()));
    const auto cut = batch.underWay();
    if (const auto text = cutShort(batch, cut.size()); whole && !text.empty())
        complain(text, kCallFailed);
    for (const auto handle : cut)
        console.desk().hangUp(handle);
    console.waitUntil([&] { return batch.underWay().empty(); }, std::chrono::seconds(3));
    console.desk().session().settle(std::chrono::seconds(2));
    const auto report = console.report(plan.batch.call.target);
    for (const auto &call : report->calls)
        batch.measure(report::evidenceOf(report->input, call));
    fmt::print("{}", plan.json ? desk::batchJson(batch) : desk::batchTable(batch));
    std::fflush(stdout);
    int code = plan.plot.empty() ? kFine : write(plan.plot, desk::svgOf(desk::plotOf(batch)));
    if (code == kFine && !plan.csv.empty())
        code = write(plan.csv, desk::batchCsv(batch));
    if (batch.error())
        return complain(batch.error()->sentence, exitFor(*batch.error()));
    const bool fine = whole && desk::summaryOf(batch).answered == plan.batch.count;
    return code != kFine ? code : fine ? kFine : kCallFailed;
}

} // namespace app
