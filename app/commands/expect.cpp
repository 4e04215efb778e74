// SPDX-License-Identifier: Apache-2.0
#include <app/call_follow.h>
#include <app/call_json.h>
#include <app/commands/commands.h>
#include <app/expectations.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>
#include <fstream>

namespace app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kOwn{
    OptionSpec{"--session", "FILE", "record everything into this new pcapng file"},
    OptionSpec{"--junit", "FILE", "write the answers as JUnit XML too"},
    OptionSpec{"--json", "", "print one JSON document instead of text"},
};
constexpr auto kOptions = joined(kExpectations, kCallOptions, kNetworkOptions, kOwn);
// Who expects no answer does not wait for one as long as a phone would.
constexpr auto kEarlyEnough = std::chrono::seconds(10);

base::Result<void> writeText(const std::string &path, const std::string &text)
{
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    if (!out.flush())
        return base::fail(base::ErrorCode::NoPermission,
                          fmt::format("{} cannot be written.", base::printable(path)));
    return {};
}

void printText(const std::vector<Answer> &answers)
{
    for (const auto &[expectation, met, text] : answers)
        fmt::print("{}  {}{}{}: {}\n", met ? "met    " : "NOT MET", expectation.option,
                   expectation.wanted.empty() ? "" : " ", base::printable(expectation.wanted),
                   base::printable(text, false, 2000));
}

std::string jsonOf(const std::string &target, const std::vector<Answer> &answers, Json call)
{
    Json list = Json::array();
    for (const auto &[expectation, met, text] : answers)
        list.push_back(
            {{"expectation", expectation.option},
             {"wanted", expectation.wanted.empty() ? Json(nullptr) : Json(expectation.wanted)},
             {"met", met},
             {"text", text}});
    Json heard = Json::array();
    for (const Json &dialog : call.value("early_dialogs", Json::array()))
        heard.push_back({{"to_tag", dialog.value("to_tag", "")},
                         {"heard", dialog.value("heard", Json(nullptr))}});
    const bool all = std::all_of(answers.begin(), answers.end(),
                                 [](const Answer &answer) { return answer.met; });
    const Json out{{"schema_version", 1},
                   {"target", target},
                   {"met", all},
                   {"expectations", std::move(list)},
                   {"heard", std::move(heard)},
                   {"call", std::move(call)}};
    return out.dump(2, ' ', false, Json::error_handler_t::replace);
}

int judge(Console &console, const Arguments &arguments, const desk::CallInfo &info, double seconds,
          const std::vector<Expectation> &expectations)
{
    console.desk().session().settle(std::chrono::seconds(2));
    const auto report = console.report(info.options.target, [&](const session::CallView &view) {
        return view.call->callId == info.callId && !info.callId.empty();
    });
    Json call = Json::parse(callJson(info, report->input), nullptr, false);
    if (!call.is_object())
        call = Json::object();
    const auto answers = holdAgainst(call, expectations);
    const std::string &target = info.options.target;
    if (const auto path = arguments.value("--junit"); !path.empty())
        if (const auto done = writeText(path, junitOf(target, answers, seconds)); !done)
            return complain(done.error().sentence, kNoAccess);
    if (arguments.has("--json"))
        fmt::print("{}\n", jsonOf(target, answers, std::move(call)));
    else
        printText(answers);
    const bool all = std::all_of(answers.begin(), answers.end(),
                                 [](const Answer &answer) { return answer.met; });
    return all ? kFine : kFindings;
}

int place(const Arguments &arguments, const CallPlan &plan, const desk::Options &options,
          const std::vector<Expectation> &expectations)
{
    auto console = Console::open(options);
    if (!console)
        return complain(console.error().sentence, exitFor(console.error()));
    (*console)->onNotice = [](const std::string &sentence) {
        fmt::print(stderr, "earshot: {}\n", sentence);
    };
    const auto begin = base::now();
    const auto handle = (*console)->desk().place(plan.call);
    if (!handle)
        return complain(handle.error().sentence, exitFor(handle.error()));
    const auto followed = followCall(**console, *handle, plan);
    const auto &info = followed.info;
    if (!followed.ended.empty())
        fmt::print(stderr, "earshot: {}\n", followed.ended);
    const bool here = info.invites.empty() && (info.error == base::ErrorCode::PortInUse ||
                                               info.error == base::ErrorCode::NoPermission);
    if (here)
        return complain(info.sentence, kNoAccess);
    return judge(**console, arguments, info, base::toSeconds(base::now() - begin), expectations);
}

int run(const Arguments &arguments)
{
    const auto expectations = readExpectations(arguments);
    if (!expectations)
        return complain(expectations.error().sentence, exitFor(expectations.error()));
    auto options = deskOptions(arguments);
    auto plan = readCallOptions(arguments, options);
    if (!plan)
        return complain(plan.error().sentence, exitFor(plan.error()));
    const bool answer = arguments.has("--code") || arguments.has("--answered-within");
    if (!arguments.has("--cancel-after") && !answer)
        plan->cancelAfter = kEarlyEnough;
    const std::string &folder = plan->call.recordFolder;
    if (!folder.empty())
        if (const auto made = makeRecordFolder(folder); !made)
            return complain(made.error().sentence, kNoAccess);
    return place(arguments, *plan, options, *expectations);
}

} // namespace

const Command kExpect{
    "expect", "TARGET [options]", "place a call and hold it against expectations, for scripts",
    1,        kOptions,           run};

} // namespace app
