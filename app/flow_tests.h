// SPDX-License-Identifier: Apache-2.0
// What `earshot register` does with its own flows when asked: drills with their sheets, the search
// for the silence that a flow does not survive, and a call to its own address.
#pragma once

#include <app/console.h>
#include <desk/drill_calls.h>
#include <desk/idle_search.h>
#include <desk/self_call.h>
#include <nlohmann/json.hpp>

namespace app {

inline constexpr std::array kFlowTestOptions{
    OptionSpec{
        "--drill", "cut|silent|pong|port",
        "break a flow of ours on purpose and time its recovery; cut the connection (the edge "
        "sees a FIN), lose it without a word, swallow its pongs, change its UDP port",
        true},
    OptionSpec{"--drill-call", "",
               "call our own address meanwhile, if another flow is up, and afterwards: times the "
               "proxy"},
    OptionSpec{"--drill-flow", "N", "reg-id of the flow to try this on (the first that is up)"},
    OptionSpec{"--nat-idle", "",
               "leave a flow silent for longer and longer: when does a NAT or firewall forget it?"},
    OptionSpec{"--nat-idle-from", "S", "the first silence (15)"},
    OptionSpec{"--nat-idle-to", "S", "the longest silence (900)"},
    OptionSpec{"--self-call", "",
               "call our own address, by another flow than that if one is up: does it reach us?"},
};

struct FlowTests {
    std::vector<engine::Drill> drills;
    std::uint32_t regId = 0; // 0: the first that is up
    bool selfCall = false;
    bool drillCall = false; // with each drill
    std::optional<desk::IdleSearch::Limits> idle;
    bool any() const { return selfCall || idle || !drills.empty(); }
};
base::Result<FlowTests> readFlowTests(const Arguments &arguments);

class FlowTester
{
public:
    FlowTester(Console &console, FlowTests tests, desk::DrillSheet::Terms terms);

    void onAccount(const desk::AccountInfo &info);
    void onCall(const desk::CallInfo &info);
    /// Without tests: stays registered that long. With some: waits that long for the flows, then
    /// does them and returns. False: one failed. Where every flow was refused for good it does not
    /// wait.
    bool run(base::Duration limit);
    std::string text() const; // empty: no test was asked for
    nlohmann::json json() const;

    /// run() did not wait to the end: every flow was refused for good.
    bool gaveUp() const { return m_gaveUp; }

private:
    bool hopeless() const;
    bool settled() const;
    const base::FlowReport *flowFor(std::optional<engine::Drill> what) const;
    std::string noFlow(bool datagrams) const;
    bool drill(engine::Drill what);
    void callMeanwhile(std::uint32_t regId);
    bool drillOver();
    bool searchIdle();
    bool callSelf();

    bool m_gaveUp = false;
    Console &m_console;
    FlowTests m_tests;
    desk::DrillSheet::Terms m_terms;
    desk::AccountInfo m_account;
    std::optional<desk::DrillSheet> m_running;
    std::optional<desk::DrillCalls> m_calls; // of the drill that runs
    std::vector<desk::DrillSheet> m_sheets;
    std::optional<desk::IdleSearch> m_idle;
    std::string m_noIdle;                  // why the search could not begin
    std::vector<std::string> m_impossible; // drills that could not begin
    std::optional<desk::SelfCall> m_self;
    engine::CallHandle m_own; // of the call to ourselves
    std::string m_selfSentence;
};

} // namespace app
