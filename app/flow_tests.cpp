// SPDX-License-Identifier: Apache-2.0
#include <app/flow_tests.h>

#include <algorithm>
#include <base/escape.h>
#include <base/text.h>
#include <charconv>
#include <fmt/format.h>
#include <sip/uri.h>

namespace app {
namespace {

using base::FlowState;

constexpr auto kSelfCallLimit = std::chrono::seconds(40); // beyond Timer B of a dead next hop
constexpr auto kFarewell = std::chrono::seconds(5);
constexpr std::size_t kMostArrivals = 64;

/// The user part of a From value or a URI, without escapes.
std::string userOf(const std::string &address)
{
    return base::unescaped(sip::parseNameAddress(address).uri.user);
}

base::Result<engine::Drill> drillNamed(const std::string &name)
{
    for (const auto what :
         {engine::Drill::Cut, engine::Drill::SwallowPongs, engine::Drill::ChangePort})
        if (name == desk::drillText(what))
            return what;
    return base::fail(
        base::ErrorCode::BadInput,
        fmt::format("--drill is cut, pong or port, not \"{}\".", base::printable(name)));
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
            {"limits", std::move(lines)}};
}

} // namespace

base::Result<FlowTests> readFlowTests(const Arguments &arguments)
{
    FlowTests out;
    for (const auto &name : arguments.values("--drill")) {
        const auto what = drillNamed(name);
        if (!what)
            return tl::unexpected<base::Error>(what.error());
        out.drills.push_back(*what);
    }
    out.selfCall = arguments.has("--self-call");
    const auto regId = arguments.value("--drill-flow");
    const auto [end, error] = std::from_chars(regId.data(), regId.data() + regId.size(), out.regId);
    if (!regId.empty() && (error != std::errc() || end != regId.data() + regId.size() ||
                           out.regId == 0 || out.regId > engine::kMostFlows))
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("--drill-flow is a reg-id from 1 to {}, not \"{}\".",
                                      engine::kMostFlows, base::printable(regId)));
    if (out.regId != 0 && out.drills.empty())
        return base::fail(base::ErrorCode::BadInput, "--drill-flow needs a --drill.");
    return out;
}

FlowTester::FlowTester(Console &console, FlowTests tests, desk::DrillSheet::Terms terms)
    : m_console(console), m_tests(std::move(tests)), m_terms(terms)
{
}

void FlowTester::onAccount(const desk::AccountInfo &info)
{
    m_account = info;
    if (!m_running)
        return;
    for (const auto &[regId, flow] : info.flows)
        m_running->add(flow);
}

void FlowTester::onCall(const desk::CallInfo &info)
{
    if (!info.incoming || info.stage != desk::CallInfo::Stage::Ringing)
        return;
    if (m_running)
        m_running->incoming(base::now());
    if (m_self.placed.known() && m_self.arrivals.size() < kMostArrivals)
        m_self.arrivals.push_back({info.callId, info.from, base::now()});
}

/// Nothing more comes of waiting: every flow is up, or refused for good.
bool FlowTester::settled() const
{
    return m_account.flows.size() >= m_account.account.proxies.size() && !m_account.flows.empty() &&
           std::all_of(m_account.flows.begin(), m_account.flows.end(), [](const auto &each) {
               return base::isUp(each.second.state) || each.second.state == FlowState::Rejected;
           });
}

const base::FlowReport *FlowTester::flowFor(engine::Drill what) const
{
    for (const auto &[regId, flow] : m_account.flows) {
        const bool wanted = m_tests.regId == 0 || m_tests.regId == regId;
        const bool able = what != engine::Drill::ChangePort || flow.transport == "UDP";
        if (wanted && able && base::isUp(flow.state))
            return &flow;
    }
    return nullptr;
}

bool FlowTester::drill(engine::Drill what)
{
    const auto *flow = flowFor(what);
    if (flow == nullptr) {
        m_impossible.push_back(fmt::format(
            "Drill \"{}\": FAIL: {} is up{}, so there is nothing to break.", desk::drillText(what),
            m_tests.regId == 0 ? "no flow"
                               : fmt::format("flow {} is not there, or not", m_tests.regId),
            what == engine::Drill::ChangePort ? " over UDP" : ""));
        return false;
    }
    fmt::print(stderr, "earshot: {}\n", desk::drillConsent(what, *flow));
    m_running.emplace(what, *flow, base::now(), m_terms);
    m_console.desk().drill(m_account.handle, flow->regId, what);
    auto wait = Console::Wait::TimedOut;
    do
        wait = m_console.waitUntil([this] { return m_running->over(); },
                                   std::chrono::milliseconds(250));
    while (wait == Console::Wait::TimedOut && base::now() < m_running->latest());
    m_sheets.push_back(*m_running);
    m_running.reset();
    return m_sheets.back().verdict() == desk::DrillVerdict::Pass;
}

bool FlowTester::callSelf()
{
    desk::CallOptions options;
    options.target = options.from = m_account.account.aor;
    options.account = m_account.handle;
    options.transport = m_account.account.transport;
    fmt::print(stderr,
               "earshot: Calling {}, our own address; every device that is registered there "
               "rings.\n",
               base::printable(options.target));
    m_self.placed = base::now();
    const auto placed = m_console.desk().place(options);
    if (!placed) {
        m_self.sentence = placed.error().sentence;
        return false;
    }
    desk::CallInfo last;
    const auto look = [&] {
        const auto calls = m_console.desk().calls();
        const auto at = std::find_if(calls.begin(), calls.end(),
                                     [&](const auto &each) { return each.handle == *placed; });
        if (at != calls.end())
            last = *at;
        return at != calls.end() && desk::isOver(*at);
    };
    const auto wait = m_console.waitUntil(
        [&] {
            const bool over = look();
            recognise(last.callId);
            return over || m_self.reached;
        },
        kSelfCallLimit);
    if (!m_self.reached)
        m_self.sentence = notReached(last, wait == Console::Wait::Interrupted);
    m_console.desk().hangUp(*placed);
    m_console.waitUntil(look, kFarewell);
    return m_self.reached;
}

/// Proxies leave the Call-ID alone. A back-to-back user agent makes a call of its own; from our own
/// address it can only be that one.
void FlowTester::recognise(const std::string &callId)
{
    const auto own = userOf(m_account.account.aor);
    for (const auto &arrival : m_self.arrivals) {
        const bool same = !callId.empty() && arrival.callId == callId;
        if (m_self.reached || (!same && (own.empty() || userOf(arrival.from) != own)))
            continue;
        m_self.reached = true;
        m_self.took = arrival.time - m_self.placed;
        m_self.sentence = fmt::format(
            "reachable: the call came back to us after {} s{}.", base::seconds(m_self.took),
            same ? "" : ", by a back-to-back user agent (its Call-ID is another one)");
    }
}

std::string FlowTester::notReached(const desk::CallInfo &own, bool interrupted) const
{
    const auto *standing =
        std::any_of(m_account.flows.begin(), m_account.flows.end(),
                    [](const auto &each) { return base::isUp(each.second.state); })
            ? "registered but not reachable"
            : "not registered";
    std::string out;
    if (interrupted)
        out = "interrupted before the call came in.";
    else if (own.status >= 300 || own.stage == desk::CallInfo::Stage::Failed)
        out = fmt::format("{}: our own call was refused with {} {} and never came in. {}", standing,
                          own.status, base::printable(own.phrase), base::printable(own.sentence));
    else if (own.stage == desk::CallInfo::Stage::Answered)
        out = fmt::format("{}: the call was answered, but not by us: another device, a mailbox or "
                          "a forwarding took it.",
                          standing);
    else
        out = fmt::format("{}: no call came in within {} s.", standing,
                          base::seconds(kSelfCallLimit, 0));
    if (!m_self.arrivals.empty())
        out += fmt::format(" Another call came in meanwhile, from {}; it was not ours.",
                           base::printable(m_self.arrivals.back().from, false, 128));
    return out;
}

bool FlowTester::run(base::Duration limit)
{
    const auto wait = m_console.waitUntil([this] { return m_tests.any() && settled(); }, limit);
    if (!m_tests.any() || wait == Console::Wait::Interrupted)
        return true;
    bool passed = true;
    for (const auto what : m_tests.drills)
        if (!Console::interrupted())
            passed = drill(what) && passed;
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
    if (m_self.placed.known())
        out += fmt::format("Call to ourselves: {}: {}\n", m_self.reached ? "PASS" : "FAIL",
                           m_self.sentence);
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
    if (m_self.placed.known())
        out["self_call"] = {{"reached", m_self.reached},
                            {"seconds", m_self.reached
                                            ? nlohmann::json(base::toSeconds(m_self.took))
                                            : nlohmann::json(nullptr)},
                            {"sentence", m_self.sentence}};
    return out;
}

} // namespace app
