// SPDX-License-Identifier: Apache-2.0
#include <report/offers.h>

#include <algorithm>
#include <base/text.h>
#include <diagnosis/codec_matrix.h>
#include <fmt/format.h>
#include <ladder/measure.h>
#include <ostream>
#include <report/facts.h>
#include <report/text_tables.h>

namespace report {

namespace {

constexpr std::size_t kMostTables = 16;

std::string namedText(const ReportInput &input, const diagnosis::CodecLine::Named &named)
{
    if (!named.there)
        return "-";
    std::string text = named.payloadType < 0 ? "yes" : std::to_string(named.payloadType);
    if (!named.fmtp.empty())
        text += " " + base::printable(kept(input, named.fmtp), false, 40);
    return text;
}

std::string trafficText(const diagnosis::CodecLine::Traffic &traffic)
{
    if (traffic.packets == 0)
        return "-";
    std::string text = std::to_string(traffic.packets);
    for (std::size_t i = 0; i < traffic.payloadTypes.size(); ++i)
        text += fmt::format("{}{}", i == 0 ? " as " : ", ", traffic.payloadTypes[i]);
    return text + (traffic.foreign > 0 ? "!" : "");
}

std::string where(const ReportInput &input, const ladder::Outline &outline, trace::RowId row)
{
    if (!row.valid())
        return "not captured";
    diagnosis::EvidenceRef ref;
    ref.row = row;
    return placeText(input, outline, ref);
}

OfferTable tableOf(const ReportInput &input, const ladder::Outline &outline, std::string_view toTag,
                   const diagnosis::CodecMatrix &matrix)
{
    const auto safe = [&](std::string_view text, std::size_t most) {
        return base::printable(kept(input, text), false, most);
    };
    OfferTable table;
    table.title = fmt::format("{}, m= line {}", safe(matrix.kind, 24), matrix.media + 1);
    if (!toTag.empty())
        table.title += ", To-tag " + safe(toTag, 60);
    table.offered = fmt::format("by the {}, {}", matrix.byCaller ? "caller" : "callee",
                                where(input, outline, matrix.offer));
    if (!matrix.offered.empty())
        table.offered += ": " + safe(matrix.offered, 200);
    if (!matrix.answer.valid())
        table.answered = "no answer was seen";
    else
        table.answered =
            fmt::format("{}: {}", where(input, outline, matrix.answer),
                        matrix.answered.empty() ? "not this line" : safe(matrix.answered, 200));
    for (const diagnosis::CodecLine &line : matrix.lines) {
        table.codecs.push_back({safe(line.codec, 40), namedText(input, line.offered),
                                namedText(input, line.answered), trafficText(line.sent),
                                trafficText(line.received)});
        table.foreign |= line.foreign();
    }
    return table;
}

} // namespace

Offers offersOf(const ReportInput &input, const ReportCall &call, const ladder::Outline &outline)
{
    Offers offers;
    const auto evidence = evidenceOf(input, call);
    for (std::uint32_t i = 0; i < call.call->earlyDialogs.size(); ++i) {
        for (const diagnosis::CodecMatrix &matrix : diagnosis::codecMatrices(evidence, i)) {
            if (offers.tables.size() == kMostTables)
                return offers;
            offers.tables.push_back(
                tableOf(input, outline, call.call->earlyDialogs[i].toTag, matrix));
        }
        for (const diagnosis::AnswerChange &change : diagnosis::answerChanges(evidence, i))
            if (!change.differences.empty())
                offers.changes.push_back(kept(input, diagnosis::changeText(evidence, change)));
    }
    return offers;
}

void writeTextOffers(const ReportInput &input, const ReportCall &call,
                     const ladder::Outline &outline, std::ostream &out)
{
    const Offers offers = offersOf(input, call, outline);
    if (offers.tables.empty())
        return;
    out << "\nOffer/answer\n";
    bool foreign = false;
    for (const OfferTable &table : offers.tables) {
        paragraph(out, "  ", table.title);
        paragraph(out, "    offered   ", table.offered);
        paragraph(out, "    answered  ", table.answered);
        std::array<std::size_t, kOfferColumns.size()> widths{};
        for (std::size_t i = 0; i < widths.size(); ++i) {
            widths[i] = kOfferColumns[i].size();
            for (const auto &cells : table.codecs)
                widths[i] = std::max(widths[i], ladder::columns(cells[i]));
        }
        const auto line = [&](const auto &cells) {
            std::string text = "    ";
            for (std::size_t i = 0; i < widths.size(); ++i) {
                text += cells[i];
                if (i + 1 < widths.size())
                    text += std::string(widths[i] - ladder::columns(cells[i]) + 2, ' ');
            }
            out << text << "\n";
        };
        line(kOfferColumns);
        for (const auto &cells : table.codecs)
            line(cells);
        foreign |= table.foreign;
    }
    if (foreign)
        paragraph(out, "  ! ", "packets that their receiver had not asked for");
    for (const std::string &change : offers.changes)
        paragraph(out, "  ", change);
}

} // namespace report
