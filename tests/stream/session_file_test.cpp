// SPDX-License-Identifier: Apache-2.0
// Every rule's conversation as a live session that is recorded, and its file opened again: the same
// calls, findings and flows.
#include <algorithm>
#include <cstdlib>
#include <diagnosis/rule.h>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <record/recorder.h>
#include <session/session.h>
#include <support/conversation.h>

namespace {

std::unique_ptr<session::Session> open(std::shared_ptr<record::Recorder> recorder = {})
{
    session::Options options;
    options.live = false;
    options.recorder = std::move(recorder);
    return std::move(*session::Session::open(options));
}

/// Everything a user sees of the session, line by line.
std::string told(const session::Session &session)
{
    std::string out;
    const auto &trace = session.trace();
    for (const auto &view : session.calls()) {
        const calls::Call &call = *view->call;
        out += fmt::format("{} {} {} {}\n", call.callId, calls::stateText(call.state),
                           call.retransmissions, view->streams.size());
        for (const calls::CallRow &place : call.rows) {
            const trace::Row &row = trace.row(place.row);
            const base::LocalEvent *event = trace.local(place.row);
            out += fmt::format("  {} {} {} {} {} {} {}\n", row.time.ns, static_cast<int>(row.kind),
                               trace.source(place.row).text(), trace.destination(place.row).text(),
                               trace.text(place.row), row.outgoing,
                               event != nullptr ? event->sentence : std::string());
        }
        for (const auto &finding : view->findings)
            out += fmt::format("  {}: {}\n", finding.rule, finding.text);
    }
    for (const auto &flow : session.flows())
        out += fmt::format("{} {} {} {}\n", flow->report.aor, flow->report.regId,
                           base::flowStateText(flow->report.state), flow->events.size());
    return out;
}

class Recorded : public testing::TestWithParam<const diagnosis::Rule *>
{
protected:
    void SetUp() override
    {
        std::string name = (std::filesystem::temp_directory_path() / "earshot-XXXXXX").string();
        m_folder = ::mkdtemp(name.data());
    }
    void TearDown() override
    {
        std::error_code ignored;
        std::filesystem::remove_all(m_folder, ignored);
    }
    struct Told {
        std::string live, reopened;
    };
    Told thereAndBack(std::string_view conversation) const
    {
        const std::string path = (m_folder / "a.pcapng").string();
        std::filesystem::remove(path);
        Told out;
        {
            auto recorder = record::Recorder::open({path}, {});
            if (!recorder)
                return {recorder.error().sentence, {}};
            const auto live = open(std::move(*recorder));
            const support::Conversation spoken(conversation);
            for (const auto &packet : spoken.packets())
                live->inbox().push(packet);
            if (!live->settle(std::chrono::seconds(20)))
                return {"does not settle", {}};
            out.live = told(*live);
        }
        const auto again = open();
        if (!again->import(path) || !again->settle(std::chrono::seconds(20)))
            return out;
        out.reopened = told(*again);
        for (const std::string &flaw : again->last()->import.flaws)
            out.reopened += flaw;
        return out;
    }

    std::filesystem::path m_folder;
};

TEST_P(Recorded, BothConversationsComeBack)
{
    for (const std::string_view conversation : {GetParam()->firesOn, GetParam()->quietOn}) {
        const Told both = thereAndBack(conversation);
        EXPECT_NE(both.live, "");
        EXPECT_EQ(both.reopened, both.live);
    }
}

std::vector<const diagnosis::Rule *> rules()
{
    const auto all = diagnosis::rules::all();
    return {all.begin(), all.end()};
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Recorded, testing::ValuesIn(rules()), [](const auto &which) {
    std::string name(which.param->id);
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

} // namespace
