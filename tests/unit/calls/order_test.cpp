// SPDX-License-Identifier: Apache-2.0
// Rows of one time stamp, in whatever order the file has them.
#include "stage.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>

namespace {

using calls_test::kAlice;
using calls_test::kBob;
using calls_test::kProxy;
using calls_test::Stage;
using support::Fields;
using support::request;
using support::response;

struct Line {
    const char *from, *to;
    std::string text;
};
using Before = std::pair<std::size_t, std::size_t>; // the first of the two comes first

Line out(std::string_view method, Fields fields = {})
{
    return {kAlice, kProxy, request(method, fields)};
}
Line back(int status, std::string_view method, Fields fields = {})
{
    return {kProxy, kAlice, response(status, method, fields)};
}
Fields behindProxy(Fields fields)
{
    fields.relays = "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK" + fields.branch + "\r\n";
    fields.sentBy = "192.0.2.2:5060";
    fields.branch += "-hop2";
    return fields;
}
Line relayed(std::string_view method, const Fields &fields)
{
    return {kProxy, kBob, request(method, behindProxy(fields))};
}
Line answered(int status, std::string_view method, const Fields &fields)
{
    return {kBob, kProxy, response(status, method, behindProxy(fields))};
}

/// Files the lines in every order, all with one stamp, each from file 1 or 2 by turns if there are
/// `two`, and looks at the order that they are told in.
void expectInOrder(const std::vector<Line> &lines, const std::vector<Before> &rules, bool two)
{
    std::vector<std::size_t> order(lines.size());
    std::iota(order.begin(), order.end(), 0U);
    do {
        Stage stage;
        std::vector<trace::RowId> rows(lines.size());
        const base::Instant stamp = stage.wire.time;
        for (std::size_t i = 0; i < order.size(); ++i) {
            const Line &line = lines[order[i]];
            stage.wire.time = stamp;
            if (two)
                stage.wire.trace.readFrom(i * 2 < order.size() ? 1 : 2);
            rows[order[i]] = stage.wire.send(line.from, line.to, line.text);
        }
        const auto call = stage.call();
        const auto place = [&](std::size_t line) {
            return std::find_if(call->rows.begin(), call->rows.end(),
                                [&](const auto &row) { return row.row == rows[line]; });
        };
        for (const auto &[first, second] : rules) {
            if (place(first) < place(second))
                continue;
            std::string filed;
            for (const std::size_t line : order)
                filed += " " + std::to_string(line);
            FAIL() << first << " is not above " << second << ", filed as" << filed;
        }
    } while (std::next_permutation(order.begin(), order.end()));
}

void expectInOrder(const std::vector<Line> &lines, const std::vector<Before> &rules)
{
    expectInOrder(lines, rules, false);
    expectInOrder(lines, rules, true);
}

TEST(CallOrder, OfOneHopEveryEffectStandsBelowItsCause)
{
    const Fields bob{.toTag = "bob"};
    expectInOrder({out("INVITE"), back(100, "INVITE"), back(180, "INVITE", bob),
                   back(200, "INVITE", bob), out("ACK", {.branch = "ack", .toTag = "bob"}),
                   out("BYE", {.branch = "bye", .toTag = "bob", .cseq = 2}),
                   back(200, "BYE", {.branch = "bye", .toTag = "bob", .cseq = 2})},
                  {{0, 1}, {0, 2}, {0, 3}, {3, 4}, {5, 6}});
}

TEST(CallOrder, OfTwoHopsTheNearerSendsFirstAndAnswersLast)
{
    const Fields bob{.toTag = "bob"}, ack{.branch = "ack", .toTag = "bob"};
    expectInOrder({out("INVITE"), relayed("INVITE", {}), answered(200, "INVITE", bob),
                   back(200, "INVITE", bob), out("ACK", ack), relayed("ACK", ack)},
                  {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}});
}

TEST(CallOrder, AFailureIsAcknowledgedHopByHop)
{
    const Fields bob{.toTag = "bob"};
    auto ack = behindProxy(bob);
    ack.relays.clear();
    expectInOrder({out("INVITE"),
                   relayed("INVITE", {}),
                   answered(486, "INVITE", bob),
                   back(486, "INVITE", bob),
                   out("ACK", bob),
                   {kProxy, kBob, request("ACK", ack)}},
                  {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {2, 5}});
}

TEST(CallOrder, CredentialsFollowTheChallenge)
{
    expectInOrder({out("REGISTER"), back(401, "REGISTER", {.toTag = "x"}),
                   out("REGISTER", {.branch = "two", .cseq = 2}),
                   back(200, "REGISTER", {.branch = "two", .toTag = "x", .cseq = 2})},
                  {{0, 1}, {1, 2}, {2, 3}});
}

TEST(CallOrder, ACancelledInviteFailsAfterItsCancel)
{
    const Fields bob{.toTag = "bob"};
    expectInOrder({out("INVITE"), out("CANCEL"), back(200, "CANCEL", bob), back(487, "INVITE", bob),
                   out("ACK", bob)},
                  {{0, 1}, {1, 2}, {1, 3}, {3, 4}});
}

TEST(CallOrder, EachForkIsAcknowledgedAfterItsOwnAnswer)
{
    const Fields bob{.toTag = "bob"}, carol{.toTag = "carol"};
    expectInOrder({out("INVITE"), back(200, "INVITE", bob), back(200, "INVITE", carol),
                   out("ACK", {.branch = "ackb", .toTag = "bob"}),
                   out("ACK", {.branch = "ackc", .toTag = "carol"})},
                  {{0, 1}, {0, 2}, {1, 3}, {2, 4}});
}

} // namespace
