// SPDX-License-Identifier: Apache-2.0
// A text trace from the bytes to the reports: what it does not tell is shown as unknown.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <report/format.h>
#include <session/session.h>
#include <sstream>
#include <support/log_writer.h>

namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
namespace logs = support::logs;

struct Read {
    explicit Read(const std::string &text)
    {
        session::Options options;
        options.live = false;
        session = std::move(*session::Session::open(options));
        const auto begun = session->importBytes("pasted", text);
        EXPECT_TRUE(begun) << begun.error().sentence;
        EXPECT_TRUE(session->settle(std::chrono::seconds(20)));
        for (const auto &view : session->calls())
            calls.push_back({view->call, view->streams, view->findings, {}, view->now});
        input = std::make_unique<report::ReportInput>(
            report::ReportInput{session->trace(), calls, {}, {}, {}, "pasted", true, {}});
    }
    std::string write(std::string_view id) const
    {
        std::ostringstream out;
        report::format(id)->write(*input, out);
        return out.str();
    }

    std::unique_ptr<session::Session> session;
    std::vector<report::ReportCall> calls;
    std::unique_ptr<report::ReportInput> input;
};

std::string bare()
{
    std::string out;
    for (const auto &said : logs::call())
        out += logs::lineFeeds(said.text) + "\n";
    return out;
}

} // namespace

TEST(TextTrace, ofBareMessagesTellsAnOrderAndTheTwoSides)
{
    const Read read(bare());
    ASSERT_EQ(read.calls.size(), 1U);
    const auto &call = *read.calls[0].call;
    EXPECT_EQ(call.state, calls::State::Ended);
    EXPECT_EQ(call.finalStatus, 200);
    EXPECT_EQ(call.earlyDialogs.size(), 1U);
    EXPECT_EQ(call.retransmissions, 0U);
    EXPECT_TRUE(read.calls[0].findings.empty()) << read.calls[0].findings[0].text;

    const auto told = json::parse(read.write("json"))["calls"][0];
    EXPECT_TRUE(told["started"].is_null());
    EXPECT_TRUE(told["answered"].is_null());
    for (const auto &response : told["responses"]) {
        EXPECT_TRUE(response["from"].is_null());
        EXPECT_TRUE(response["seconds"].is_null());
    }
    ASSERT_EQ(told["ladder"].size(), 9U);
    EXPECT_EQ(told["ladder"][0]["from"], "caller");
    EXPECT_EQ(told["ladder"][0]["to"], "callee");
    EXPECT_EQ(told["ladder"][2]["from"], "callee");
    EXPECT_TRUE(told["ladder"][2]["seconds"].is_null());

    const std::string text = read.write("text");
    EXPECT_THAT(text, HasSubstr("time unknown"));
    EXPECT_THAT(text, HasSubstr("address unknown"));
    EXPECT_THAT(text, Not(HasSubstr("1970")));
    EXPECT_THAT(read.write("html"), Not(HasSubstr("1970")));
}

TEST(TextTrace, ofOneHostShowsThatHostAsUnknown)
{
    std::string log;
    for (const auto &said : logs::call())
        log += fmt::format(
            "{} {} bytes {} udp/[{}]:{} at {}:\n{}\v\n", said.received ? "recv" : "send",
            said.text.size(), said.received ? "from" : "to",
            (said.received ? said.from : said.to).address.text(),
            (said.received ? said.from : said.to).port, logs::clock(said.time), said.text);
    const Read read(log);
    ASSERT_EQ(read.calls.size(), 1U);
    EXPECT_EQ(read.calls[0].call->transactions.size(), 4U); // INVITE, PRACK, ACK, BYE
    EXPECT_TRUE(read.calls[0].findings.empty()) << read.calls[0].findings[0].text;
    const auto told = json::parse(read.write("json"))["calls"][0];
    EXPECT_EQ(told["started"], "12:34:56.789"); // a time of day, no date
    EXPECT_EQ(told["answered"], 2.0);
    EXPECT_EQ(told["ladder"][0]["from"], "192.0.2.1");
    EXPECT_EQ(told["ladder"][0]["to"], "the log's host");
    EXPECT_EQ(told["ladder"][2]["seconds"], 0.5);
    EXPECT_TRUE(told["responses"][0]["from"].is_null());
    EXPECT_EQ(told["responses"][0]["to"], "192.0.2.1:5060");
    EXPECT_THAT(read.write("text"), HasSubstr("12:34:56.789, date unknown"));
}

TEST(TextTrace, retransmissionsWithoutTimesAreNoCopies)
{
    const auto story = logs::call();
    const Read read(story[0].text + story[0].text + story[5].text + story[5].text);
    ASSERT_EQ(read.calls.size(), 1U);
    EXPECT_EQ(read.calls[0].call->retransmissions, 2U);
}

TEST(TextTrace, withoutSipIsRefusedInASentence)
{
    session::Options options;
    options.live = false;
    const auto session = session::Session::open(options);
    ASSERT_TRUE(session);
    const auto refused = (*session)->importBytes("pasted", "dear diary");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().sentence, HasSubstr("no text with SIP"));
    EXPECT_FALSE((*session)->importBytes("pasted", ""));
    ASSERT_TRUE((*session)->importBytes("pasted", std::string(5000, 'x')));
    ASSERT_TRUE((*session)->settle(std::chrono::seconds(20)));
    EXPECT_THAT((*session)->last()->import.error, HasSubstr("holds no SIP"));
}
