// SPDX-License-Identifier: Apache-2.0
#include <app/call_batch.h>

#include <algorithm>
#include <base/text.h>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace app {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMostCalls = 1000; // a test tool, not a load generator
constexpr double kMostPerSecond = 50;
constexpr std::size_t kMostAtOnce = 200;
constexpr auto kTick = std::chrono::milliseconds(1);
constexpr auto kPatience = std::chrono::seconds(70); // CANCEL without a 1xx, then without a final

struct Job {
    engine::CallHandle handle;
    base::Instant placed;
    base::Instant sent; // its INVITE
    bool cancelled = false;
    desk::CallInfo info;
};

struct Batch {
    Console &console;
    const BatchPlan &plan;
    std::vector<Job> jobs;
    base::Instant start = base::now();
    std::size_t heldBack = 0; // calls that waited because too many were under way

    Job *job(engine::CallHandle handle)
    {
        const auto at = std::find_if(jobs.begin(), jobs.end(),
                                     [&](const Job &each) { return each.handle == handle; });
        return at == jobs.end() ? nullptr : &*at;
    }
    std::size_t underWay() const
    {
        return static_cast<std::size_t>(std::count_if(
            jobs.begin(), jobs.end(), [](const Job &each) { return !desk::isOver(each.info); }));
    }
};

/// What is due by now; false: a call could not even be asked for.
base::Result<void> placeDue(Batch &batch)
{
    const auto count = static_cast<std::size_t>(batch.plan.count);
    while (batch.jobs.size() < count) {
        const auto due =
            batch.start + base::Duration(static_cast<std::int64_t>(
                              1e9 * static_cast<double>(batch.jobs.size()) / batch.plan.perSecond));
        if (base::now() < due)
            break;
        if (batch.underWay() >= kMostAtOnce) {
            ++batch.heldBack;
            break;
        }
        const auto handle = batch.console.desk().place(batch.plan.each.call);
        if (!handle)
            return tl::unexpected<base::Error>(handle.error());
        batch.jobs.push_back({*handle, base::now(), {}, false, {}});
    }
    return {};
}

void cancelDue(Batch &batch)
{
    for (auto &job : batch.jobs) {
        const auto &info = job.info;
        const bool late = job.sent.known() &&
                          base::now() - job.sent >= batch.plan.each.cancelAfter &&
                          info.stage != desk::CallInfo::Stage::Answered;
        if (!late || job.cancelled || desk::isOver(info))
            continue;
        job.cancelled = true;
        batch.console.desk().hangUp(job.handle);
    }
}

std::optional<double> number(const Json &object, const char *name)
{
    const auto at = object.find(name);
    return at != object.end() && at->is_number() ? std::optional(at->get<double>()) : std::nullopt;
}

/// One call's line of the table; times in seconds since its INVITE.
Json resultOf(const Job &job, const Console::Report &report)
{
    Json out{{"call_id", job.info.callId}, {"code", job.info.status}, {"phrase", job.info.phrase},
             {"local", job.info.local},    {"pdd", nullptr},          {"cut_through", nullptr},
             {"answer", nullptr},          {"early_media", nullptr},  {"mos", nullptr}};
    if (const auto &media = job.info.media; media && media->quality && media->quality->mos)
        out["mos"] = std::round(*media->quality->mos * 100) / 100; // as `earshot call` has it
    for (const auto &call : report.calls) {
        if (call.call->callId != job.info.callId || job.info.callId.empty())
            continue;
        const auto facts = Json::parse(report::jsonOf(report.input, call), nullptr, false);
        if (!facts.is_object())
            break;
        out["pdd"] = facts.value("first_18x", Json(nullptr));
        out["answer"] = facts.value("answered", Json(nullptr));
        for (const auto &dialog : facts.value("early_dialogs", Json::array()))
            if (dialog.contains("verdict") && dialog["verdict"].is_object())
                out["early_media"] = dialog["verdict"]["light"];
        for (const auto &stream : facts.value("rtp", Json::array())) {
            const auto first = number(stream, "first");
            const auto before = number(out, "cut_through");
            if (!stream.value("towards_caller", false) || !first)
                continue;
            if (stream.value("early", false) && (!before || *first < *before))
                out["cut_through"] = *first;
        }
    }
    return out;
}

Json spread(const Json &results, const char *name)
{
    std::vector<double> values;
    for (const auto &each : results)
        if (const auto value = number(each, name))
            values.push_back(*value);
    if (values.empty())
        return nullptr;
    std::sort(values.begin(), values.end());
    const auto at = [&](double share) {
        return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
    };
    return {{"count", values.size()},
            {"min", values.front()},
            {"median", at(0.5)},
            {"p95", at(0.95)},
            {"max", values.back()}};
}

Json summaryOf(const Batch &batch, const Json &results)
{
    std::map<std::string, int> codes;
    int answered = 0;
    for (const auto &each : results) {
        const int code = each["code"];
        ++codes[code == 0 ? "none"
                          : std::to_string(code) + (each["local"].get<bool>() ? " local" : "")];
        answered += code >= 200 && code < 300 ? 1 : 0;
    }
    double placing = 0;
    if (batch.jobs.size() > 1)
        placing = base::toSeconds(batch.jobs.back().placed - batch.jobs.front().placed);
    return {{"placed", batch.jobs.size()},
            {"answered", answered},
            {"codes", codes},
            {"calls_per_second", placing > 0
                                     ? Json(static_cast<double>(batch.jobs.size() - 1) / placing)
                                     : Json(nullptr)},
            {"held_back", batch.heldBack != 0},
            {"pdd", spread(results, "pdd")},
            {"cut_through", spread(results, "cut_through")},
            {"answer", spread(results, "answer")}};
}

std::string cell(const Json &value)
{
    return value.is_number()   ? fmt::format("{:.3f}", value.get<double>())
           : value.is_string() ? base::printable(value.get<std::string>(), false, 40)
                               : std::string("-");
}

void printTable(const Json &results, const Json &summary)
{
    fmt::print("{:>4} {:>5} {:>9} {:>11} {:>9} {:>6} {:>5}  {}\n", "call", "code", "PDD s",
               "cut-thr. s", "answer s", "early", "MOS", "phrase");
    int row = 0;
    for (const auto &each : results)
        fmt::print("{:>4} {:>5} {:>9} {:>11} {:>9} {:>6} {:>5}  {}{}\n", ++row,
                   each["code"].get<int>(), cell(each["pdd"]), cell(each["cut_through"]),
                   cell(each["answer"]), cell(each["early_media"]), cell(each["mos"]),
                   cell(each["phrase"]), each["local"].get<bool>() ? " (local)" : "");
    fmt::print("\n{} placed, {} answered; codes:", summary["placed"].get<std::size_t>(),
               summary["answered"].get<int>());
    for (const auto &[code, count] : summary["codes"].items())
        fmt::print(" {} x {}", count.get<int>(), code);
    fmt::print("\n");
    for (const char *name : {"pdd", "cut_through", "answer"}) {
        const auto &figure = summary[name];
        if (figure.is_object())
            fmt::print("{:<12} min {}  median {}  p95 {}  max {} s\n", name, cell(figure["min"]),
                       cell(figure["median"]), cell(figure["p95"]), cell(figure["max"]));
    }
}

/// Every call to its end; true: Ctrl+C came.
base::Result<bool> follow(Batch &batch)
{
    const auto count = static_cast<std::size_t>(batch.plan.count);
    const auto limit = batch.plan.each.timeout;
    base::Instant lastPlaced;
    for (;;) {
        if (const auto placed = placeDue(batch); !placed)
            return tl::unexpected<base::Error>(placed.error());
        cancelDue(batch);
        if (Console::interrupted())
            return true;
        const bool all = batch.jobs.size() == count;
        if (all && !lastPlaced.known())
            lastPlaced = base::now();
        if (all && batch.underWay() == 0)
            return false;
        const bool stuck = all && base::now() - lastPlaced > batch.plan.each.cancelAfter +
                                                                 batch.plan.each.call.hangUpAfter +
                                                                 kPatience;
        if (stuck || (limit.count() > 0 && base::now() - batch.start > limit))
            return false;
        batch.console.waitUntil([] { return true; }, kTick);
    }
}

} // namespace

base::Result<BatchPlan> readBatch(const Arguments &arguments, CallPlan each)
{
    BatchPlan plan;
    plan.each = std::move(each);
    plan.json = arguments.has("--json");
    const auto count = base::toInteger(arguments.value("--repeat", "1"));
    if (!count || *count < 1 || *count > kMostCalls)
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("--repeat takes 1 to {} calls, not \"{}\".", kMostCalls,
                                      base::printable(arguments.value("--repeat"), false, 40)));
    plan.count = static_cast<int>(*count);
    const auto rate = arguments.value("--rate", "1");
    const auto [end, error] =
        std::from_chars(rate.data(), rate.data() + rate.size(), plan.perSecond);
    if (error != std::errc{} || end != rate.data() + rate.size() || !(plan.perSecond >= 0.01) ||
        plan.perSecond > kMostPerSecond)
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("--rate takes 0.01 to {:.0f} calls a second, not \"{}\".",
                                      kMostPerSecond, base::printable(rate, false, 40)));
    if (arguments.has("--rate") && !arguments.has("--repeat"))
        return base::fail(base::ErrorCode::BadInput, "--rate goes with --repeat.");
    return plan;
}

int runBatch(Console &console, const BatchPlan &plan)
{
    Batch batch{console, plan, {}, base::now(), 0};
    console.onCall = [&](const desk::CallInfo &info) {
        Job *job = batch.job(info.handle);
        if (job == nullptr)
            return;
        job->info = info;
        if (!info.invites.empty() && !job->sent.known())
            job->sent = base::now();
    };
    const auto interrupted = follow(batch);
    if (!interrupted)
        return complain(interrupted.error().sentence, exitFor(interrupted.error()));
    for (const auto &job : batch.jobs)
        if (!desk::isOver(job.info))
            console.desk().hangUp(job.handle);
    console.waitUntil([&] { return batch.underWay() == 0; }, std::chrono::seconds(3));
    console.desk().session().settle(std::chrono::seconds(2));
    const auto report = console.report(plan.each.call.target);
    Json results = Json::array();
    for (const auto &job : batch.jobs)
        results.push_back(resultOf(job, *report));
    const auto summary = summaryOf(batch, results);
    if (plan.json) {
        const Json out{{"schema_version", 1},
                       {"target", plan.each.call.target},
                       {"calls", results},
                       {"summary", summary}};
        fmt::print("{}\n", out.dump(2, ' ', false, Json::error_handler_t::replace));
    } else {
        printTable(results, summary);
    }
    const bool fine = summary["answered"].get<int>() == plan.count;
    return fine ? kFine : kCallFailed;
}

} // namespace app
