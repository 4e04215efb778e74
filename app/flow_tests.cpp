// SPDX-License-Identifier: Apache-2.0
#include <app/flow_tests.h>

#include <algorithm>
#include <base/text.h>
#include <charconv>
#include <fmt/format.h>

namespace app {
namespace {

using base::FlowState;

constexpr auto kFarewell = std::chrono::seconds(5);
constexpr auto kComeBack = std::chrono::seconds(10);
constexpr auto kShortestIdle = std::chrono::seconds(1);
constexpr auto kLongestIdle = std::chrono::hours(2);

base::Result<engine::Drill> drillNamed(const std::string &name)
{
    for (const auto what : {engine::Drill::Cut, engine::Drill::Silence, engine::Drill::SwallowPongs,
                            engine::Drill::ChangePort})
        if (name == desk::drillText(what))
            return what;
    return base::fail(
        base::ErrorCode::BadInput,
        fmt::format("--drill is cut, silent, pong or port, not \"{}\".", base::printable(name)));
}

nlohmann::json jsonOf(const desk::DrillSheet &sheet)
{
    auto lines = nlohmann::json::array();
    for (const auto &line : sheet.lines())
        lines.push_back(
            {{"what", line.what},
             {"section", line.section},
             {"at_least_seconds", base::toSeconds(line.atLeast)},
             {"at_most_seconds", base::toSeconds(line.atMost)},
             {"measured_seconds", line.measured ? nlohmann::json(base::toSeconds(*line.measured))
                                                : nlohmann::json(nullptr)},
             {"verdict", desk::drillVerdictText(line.verdict)}});
    return {{"drill", desk::drillText(sheet.what())},
            {"reg_id", sheet.regId()},
            {"verdict", desk::drillVerdictText(sheet.verdict())},
            {"sentence", sheet.conclusion()},
            {"limits", std::move(lines)}};
}

base::Result<void> readIdle(const Arguments &arguments, FlowTests &out)
{
    const bool bounds = arguments.has("--nat-idle-from") || arguments.has("--nat-idle-to");
    if (!arguments.has("--nat-idle"))
        return bounds ? base::fail(base::ErrorCode::BadInput,
                                   "--nat-idle-from and --nat-idle-to need --nat-idle.")
                      : base::Result<void>{};
    desk::IdleSearch::Limits limits;
    const auto first = arguments.seconds("--nat-idle-from", limits.first);
    const auto most =
        arguments.seconds("--nat-idle-to", std::max(limits.most, first.value_or(limits.first)));
    if (!first || !most)
        return tl::unexpected<base::Error>(first ? most.error() : first.error());
    if (*first < kShortestIdle || *most < *first || *most > kLongestIdle)
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("The silence goes from {} s or more to {} s at most, the "
                                      "first not above the longest.",
                                      base::seconds(kShortestIdle, 0),
                                      base::seconds(kLongestIdle, 0)));
    out.idle = {*first, *most};
    return {};
}

nlohmann::json jsonOf(const desk::IdleSearch &search)
{
    const auto seconds = [](std::optional<base::Duration> time) {
        return time ? nlohmann::json(base::toSeconds(*time)) : nlohmann::json(nullptr);
    };
    auto steps = nlohmann::json::array();
    for (const auto &step : search.steps())
        steps.push_back({{"silence_seconds", base::toSeconds(step.silence)},
                         {"end", desk::idleEndText(step.end)},
                         {"reason", step.reason},
                         {"survived_seconds", base::toSeconds(step.survived)},
                         {"fatal_seconds", seconds(step.fatal)}});
    return {{"reg_id", search.regId()},
            {"steps", std::move(steps)},
            {"survived_seconds", base::toSeconds(search.survived())},
            {"fatal_seconds", seconds(search.fatal())},
            {"verdict", desk::drillVerdictText(search.verdict())},
            {"sentence", search.conclusion()}};
}

} // namespace

base::Result<FlowTests> readFlowTests(const Arguments &arguments)
{
    FlowTests out;
    if (const auto ok = readIdle(arguments, out); !ok)
        return tl::unexpected<base::Error>(ok.error());
    for (const auto &name : arguments.values("--drill")) {
        const auto what = drillNamed(name);
        if (!what)
            return tl::unexpected<base::Error>(what.error());
        out.drills.push_back(*what);
    }
    out.selfCall = arguments.has("--self-call");
    out.drillCall = arguments.has("--drill-call");
    if (out.drillCall && out.drills.empty())
        return base::fail(base::ErrorCode::BadInput, "--drill-call needs a --drill.");
    const auto regId = arguments.value("--drill-flow");
    const auto [end, error] = std::from_chars(regId.data(), regId.data() + regId.size(), out.regId);
    if (!regId.empty() && (error != std::errc() || end != regId.data() + regId.size() ||
                           out.regId == 0 || out.regId > engine::kMostFlows))
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("--drill-flow is a reg-id from 1 to {}, not \"{}\".",
                                      engine::kMostFlows, base::printable(regId)));
    if (out.regId != 0 && !out.any())
        return base::fail(base::ErrorCode::BadInput,
                          "--drill-flow needs a --drill, --nat-idle or --self-call.");
    return out;
}

FlowTester::FlowTester(Console &console, FlowTests tests, desk::DrillSheet::Terms terms)
    : m_console(console), m_tests(std::move(tests)), m_terms(terms)
{
}

void FlowTester::onAccount(const desk::AccountInfo &info)
{
    m_account = info;
    for (const auto &[regId, flow] : info.flows) {
        if (m_running)
            m_running->add(flow);
        if (m_idle)
            m_idle->add(flow);
    }
}

void FlowTester::onCall(const desk::CallInfo &info)
{
    if (m_calls)
        m_calls->add(info, base::now());
    else if (m_running && info.incoming && info.stage == desk::CallInfo::Stage::Ringing)
        m_running->incoming(base::now());
    if (m_self)
        m_self->add(info, m_own, base::now());
}

/// Nothing more comes of waiting: every flow is up, or refused for good.
bool FlowTester::settled() const
{
    return m_account.flows.size() >= m_account.account.proxies.size() && !m_account.flows.empty() &&
           std::all_of(m_account.flows.begin(), m_account.flows.end(), [](const auto &each) {
               return base::isUp(each.second.state) || each.second.state == FlowState::Rejected;
           });
}

/// No flow is tried again by itself, and nothing goes on that began before.
bool FlowTester::hopeless() const
{
    const auto calls = m_console.desk().calls();
    return settled() &&
           std::none_of(m_account.flows.begin(), m_account.flows.end(),
                        [](const auto &each) { return base::isUp(each.second.state); }) &&
           std::all_of(calls.begin(), calls.end(), [](const auto &each) { return isOver(each); });
}

const base::FlowReport *FlowTester::flowFor(std::optional<engine::Drill> what) const
{
    for (const auto &[regId, flow] : m_account.flows) {
        const bool wanted = m_tests.regId == 0 || m_tests.regId == regId;
        const bool able = what != engine::Drill::ChangePort || flow.transport == "UDP";
        if (wanted && able && base::isUp(flow.state))
            return &flow;
    }
    return nullptr;
}

std::string FlowTester::noFlow(bool datagrams) const
{
    return fmt::format(
        "{} is up{}",
        m_tests.regId == 0 ? "no flow" : fmt::format("flow {} is not there, or not", m_tests.regId),
        datagrams ? " over UDP" : "");
}

void FlowTester::callMeanwhile(std::uint32_t regId)
{
    m_calls.emplace(desk::DrillCalls::Phone{
                        [this](const desk::CallOptions &options) {
                            return m_console.desk().place(options).value_or(engine::CallHandle{});
                        },
                        [this](engine::CallHandle call) { m_console.desk().hangUp(call); }},
                    regId);
    m_calls->begin(m_account, base::now());
}

bool FlowTester::drillOver()
{
    if (m_calls)
        m_calls->look(m_account, base::now(), *m_running);
    return m_running->over() && (!m_calls || m_calls->over());
}

bool FlowTester::drill(engine::Drill what)
{
    const auto *flow = flowFor(what);
    if (flow == nullptr) {
        m_impossible.push_back(fmt::format("Drill \"{}\": FAIL: {}, so there is nothing to break.",
                                           desk::drillText(what),
                                           noFlow(what == engine::Drill::ChangePort)));
        return false;
    }
    fmt::print(stderr, "earshot: {}\n", desk::drillConsent(what, *flow));
    if (m_tests.drillCall)
        fmt::print(stderr, "earshot: {}\n", desk::drillCallsConsent(m_account, flow->regId));
    m_running.emplace(what, *flow, base::now(), m_terms);
    m_console.desk().drill(m_account.handle, flow->regId, what);
    if (m_tests.drillCall)
        callMeanwhile(flow->regId);
    auto wait = Console::Wait::TimedOut;
    do
        wait = m_console.waitUntil([this] { return drillOver(); }, std::chrono::milliseconds(250));
    while (wait == Console::Wait::TimedOut &&
           (base::now() < m_running->latest() || (m_running->over() && m_calls)));
    m_calls.reset();
    m_sheets.push_back(*m_running);
    m_running.reset();
    return m_sheets.back().verdict() == desk::DrillVerdict::Pass;
}

/// It ends by itself: every step has its limit, and so has their number.
bool FlowTester::searchIdle()
{
    const auto *flow = flowFor({});
    if (flow == nullptr) {
        m_noIdle = noFlow(false) + ", so there is none to be left silent.";
        return false;
    }
    fmt::print(stderr, "earshot: {}\n", desk::idleConsent(*flow, *m_tests.idle));
    m_idle.emplace(*flow, base::now(), *m_tests.idle, m_terms);
    std::size_t told = 0;
    const auto tell = [&] {
        for (; told < m_idle->steps().size(); ++told)
            fmt::print(stderr, "earshot: {}\n", desk::idleStepText(m_idle->steps()[told]));
    };
    const auto step = [this] {
        const auto act = m_idle->next(base::now());
        auto &desk = m_console.desk();
        if (act == desk::IdleSearch::Act::LeaveAlone)
            desk.leaveAlone(m_account.handle, m_idle->regId(), m_idle->silence());
        else if (act == desk::IdleSearch::Act::Register)
            desk.reRegister(m_account.handle, m_idle->regId());
        else if (act == desk::IdleSearch::Act::Resume)
            desk.leaveAlone(m_account.handle, m_idle->regId(), {});
        return m_idle->over();
    };
    while (m_console.waitUntil(step, std::chrono::milliseconds(100)) == Console::Wait::TimedOut)
        tell();
    tell();
    if (m_idle->holds()) // interrupted
        m_console.desk().leaveAlone(m_account.handle, m_idle->regId(), {});
    if (!Console::interrupted()) // the last step may have lost the flow
        m_console.waitUntil([this] { return flowFor({}) != nullptr; }, kComeBack);
    return m_idle->over() && m_idle->verdict() != desk::DrillVerdict::Fail;
}

bool FlowTester::callSelf()
{
    fmt::print(stderr, "earshot: {}\n", desk::SelfCall::consent(m_account.account.aor));
    const auto asked = m_account.flows.empty() ? 0 : m_account.flows.begin()->first;
    m_self.emplace(m_account, base::now(), m_tests.regId != 0 ? m_tests.regId : asked);
    const auto placed = m_console.desk().place(m_self->options(m_account));
    if (!placed) {
        m_selfSentence = placed.error().sentence;
        return false;
    }
    m_own = *placed;
    const auto ended = [this] {
        const auto calls = m_console.desk().calls();
        return std::any_of(calls.begin(), calls.end(), [this](const auto &each) {
            return each.handle == m_own && desk::isOver(each);
        });
    };
    const auto wait = m_console.waitUntil([this] { return m_self->over(base::now()); },
                                          desk::SelfCall::kLimit + std::chrono::seconds(1));
    const bool registered =
        std::any_of(m_account.flows.begin(), m_account.flows.end(),
                    [](const auto &each) { return base::isUp(each.second.state); });
    m_selfSentence = m_self->conclusion(registered, wait == Console::Wait::Interrupted);
    m_console.desk().hangUp(m_own);
    m_console.waitUntil(ended, kFarewell);
    return m_self->reached();
}

bool FlowTester::run(base::Duration limit)
{
    const auto wait =
        m_console.waitUntil([this] { return hopeless() || (m_tests.any() && settled()); }, limit);
    m_gaveUp = hopeless();
    if (!m_tests.any() || wait == Console::Wait::Interrupted)
        return true;
    bool passed = true;
    for (const auto what : m_tests.drills)
        if (!Console::interrupted())
            passed = drill(what) && passed;
    if (m_tests.idle && !Console::interrupted())
        passed = searchIdle() && passed;
    if (m_tests.selfCall && !Console::interrupted())
        passed = callSelf() && passed;
    return passed;
}

std::string FlowTester::text() const
{
    std::string out;
    for (const auto &sentence : m_impossible)
        out += sentence + "\n";
    for (const auto &sheet : m_sheets)
        out += sheet.table();
    if (m_idle)
        out += m_idle->table();
    if (!m_noIdle.empty())
        out += fmt::format("Idle time: FAIL: {}\n", m_noIdle);
    if (m_self)
        out += fmt::format("Call to ourselves: {}: {}\n", m_self->reached() ? "PASS" : "FAIL",
                           m_selfSentence);
    return out;
}

nlohmann::json FlowTester::json() const
{
    nlohmann::json out = nlohmann::json::object();
    if (!m_tests.drills.empty()) {
        out["drills"] = nlohmann::json::array();
        for (const auto &sheet : m_sheets)
            out["drills"].push_back(jsonOf(sheet));
        out["drills_impossible"] = m_impossible;
    }
    if (m_idle)
        out["nat_idle"] = jsonOf(*m_idle);
    else if (!m_noIdle.empty())
        out["nat_idle"] = {{"verdict", "FAIL"}, {"sentence", m_noIdle}};
    if (m_self)
        out["self_call"] = {{"reached", m_self->reached()},
                            {"came_by", m_self->cameBy() != 0 ? nlohmann::json(m_self->cameBy())
                                                              : nlohmann::json(nullptr)},
                            {"seconds", m_self->reached()
                                            ? nlohmann::json(base::toSeconds(m_self->took()))
                                            : nlohmann::json(nullptr)},
                            {"sentence", m_selfSentence}};
    return out;
}

} // namespace app
