// SPDX-License-Identifier: Apache-2.0
// What `earshot register` does with its own flows when asked: drills with their sheets, and a call
// to its own address.
#pragma once

#include <app/console.h>
#include <desk/drill_sheet.h>
#include <nlohmann/json.hpp>

namespace app {

inline constexpr std::array kFlowTestOptions{
    OptionSpec{"--drill", "cut|pong|port",
               "break a flow of ours on purpose and time its recovery; cut the connection, swallow "
               "its pongs, change its UDP port",
               true},
    OptionSpec{"--drill-flow", "N", "reg-id of the flow to break (the first that is up)"},
    OptionSpec{"--self-call", "", "call our own address: does a call reach this account?"},
};

struct FlowTests {
    std::vector<engine::Drill> drills;
    std::uint32_t regId = 0; // 0: the first that is up
    bool selfCall = false;
    bool any() const { return selfCall || !drills.empty(); }
};
base::Result<FlowTests> readFlowTests(const Arguments &arguments);

class FlowTester
{
public:
    FlowTester(Console &console, FlowTests tests, desk::DrillSheet::Terms terms);

    void onAccount(const desk::AccountInfo &info);
    void onCall(const desk::CallInfo &info);
    /// Without tests: stays registered that long. With some: waits that long for the flows, then
    /// does them and returns. False: one failed.
    bool run(base::Duration limit);
    std::string text() const; // empty: no test was asked for
    nlohmann::json json() const;

private:
    struct Arrival { // a call that came in while ours was under way
        std::string callId, from;
        base::Instant time;
    };
    struct SelfCall {
        bool reached = false;
        base::Instant placed;
        base::Duration took{0};
        std::string sentence;
        std::vector<Arrival> arrivals;
    };
    bool settled() const;
    const base::FlowReport *flowFor(engine::Drill what) const;
    bool drill(engine::Drill what);
    bool callSelf();
    void recognise(const std::string &callId);
    std::string notReached(const desk::CallInfo &own, bool interrupted) const;

    Console &m_console;
    FlowTests m_tests;
    desk::DrillSheet::Terms m_terms;
    desk::AccountInfo m_account;
    std::optional<desk::DrillSheet> m_running;
    std::vector<desk::DrillSheet> m_sheets;
    std::vector<std::string> m_impossible; // drills that could not begin
    SelfCall m_self;
};

} // namespace app
