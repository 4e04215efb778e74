// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/telling.h>

#include <algorithm>
#include <base/text.h>
#include <diagnosis/first_hop.h>
#include <diagnosis/texts.h>
#include <fmt/format.h>
#include <sip/status.h>

namespace diagnosis {

std::string Telling::cite(EvidenceRef ref)
{
    for (std::size_t i = 0; i < evidence.size(); ++i) {
        const auto &known = evidence[i];
        if (known.row == ref.row && known.stream == ref.stream && known.flow == ref.flow &&
            known.offset == ref.offset && known.length == ref.length)
            return fmt::format("[{}]", i + 1);
    }
    evidence.push_back(std::move(ref));
    return fmt::format("[{}]", evidence.size());
}

void Telling::say(std::string_view sentence)
{
    if (sentence.empty())
        return;
    if (!text.empty())
        text += ' ';
    text += sentence;
}

void Telling::say(const Finding &finding)
{
    std::string out;
    std::string_view rest = finding.text;
    while (!rest.empty()) {
        const auto open = rest.find('[');
        const auto close = open == std::string_view::npos ? open : rest.find(']', open);
        if (close == std::string_view::npos)
            break;
        const auto number = base::toInteger(rest.substr(open + 1, close - open - 1));
        if (number && *number >= 1 &&
            static_cast<std::size_t>(*number) <= finding.evidence.size()) {
            out += rest.substr(0, open);
            out += cite(finding.evidence[static_cast<std::size_t>(*number) - 1]);
            rest.remove_prefix(close + 1);
        } else {
            out += rest.substr(0, open + 1);
            rest.remove_prefix(open + 1);
        }
    }
    out += rest;
    say(out);
}

std::string requestText(const Evidence &evidence, const calls::Transaction &transaction)
{
    auto method = methodOf(evidence, transaction);
    if (!transaction.inDialog || transaction.method == sip::Method::Prack ||
        transaction.method == sip::Method::Bye)
        return method;
    return (transaction.method == sip::Method::Invite ? "re-" + method : method) +
           " inside the dialog";
}

/// Who sent that very row: on a later hop whoever handed it on, whose product it does not tell.
std::string onThisHop(const Evidence &evidence, trace::RowId row)
{
    return firstHop(evidence, row) == row ? sender(evidence, row)
                                          : evidence.trace.source(row).text();
}

void tellAnswer(const Evidence &evidence, const calls::Transaction *transaction, trace::RowId row,
                Telling &out)
{
    const auto code = codeText(evidence.trace.row(row).status);
    if (transaction == nullptr || !transaction->request.valid()) {
        out.say(fmt::format("{} sent {} {}; the request it answers is not in this trace.",
                            sender(evidence, row), code, out.cite(at(row, "the response"))));
        return;
    }
    const auto request = out.cite(at(transaction->request, "the request"));
    out.say(fmt::format("{} answered {} {} with {} after {} {}.", onThisHop(evidence, row),
                        requestText(evidence, *transaction), request, code,
                        lasting(evidence.time(row) - transaction->started),
                        out.cite(at(row, "the response"))));
}

std::string_view articleMeaning(int code)
{
    const auto text = article(std::to_string(code));
    const auto start = text.find("\n\n"); // behind the title
    if (start == std::string_view::npos)
        return {};
    const auto rest = text.substr(start + 2);
    return rest.substr(0, std::min(rest.find(". "), rest.find(".\n")) + 1);
}

std::string_view articleFact(int code, std::string_view name)
{
    const auto text = article(std::to_string(code));
    const auto key = fmt::format("- **{}:** ", name);
    const auto start = text.find(key);
    if (start == std::string_view::npos)
        return {};
    const auto rest = text.substr(start + key.size());
    // A fact runs on over indented lines up to the next item or blank line.
    std::size_t end = 0;
    while (end < rest.size()) {
        const auto newline = rest.find('\n', end);
        if (newline == std::string_view::npos || rest.substr(newline, 3) != "\n  ")
            return base::trim(rest.substr(0, newline));
        end = newline + 1;
    }
    return base::trim(rest);
}

} // namespace diagnosis
