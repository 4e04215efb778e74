// SPDX-License-Identifier: Apache-2.0
// Offered, answered, sent and received codecs of a call, as a table for terminals.
#include <report/text_tables.h>

#include <base/text.h>
#include <diagnosis/codec_matrix.h>
#include <fmt/format.h>
#include <ladder/measure.h>
#include <ostream>
#include <report/facts.h>

namespace report {
namespace {

constexpr std::size_t kCodec = 22, kNamed = 10, kTraffic = 16; // columns

std::string padded(const std::string &text, std::size_t width)
{
    const std::string cut = ladder::cutColumns(text, width - 1);
    return cut + std::string(width - ladder::columns(cut), ' ');
}

std::string namedText(const diagnosis::CodecLine::Named &named)
{
    if (!named.there)
        return "-";
    return named.payloadType < 0 ? "yes" : std::to_string(named.payloadType);
}

/// "620", or with the packets that nobody had asked for.
std::string trafficText(const diagnosis::CodecLine::Traffic &traffic)
{
    if (traffic.packets == 0)
        return "-";
    return traffic.foreign == 0 ? std::to_string(traffic.packets)
                                : fmt::format("{}, {} unasked", traffic.packets, traffic.foreign);
}

void writeMatrix(const ReportInput &input, const ladder::Outline &outline,
                 const diagnosis::CodecMatrix &matrix, std::ostream &out)
{
    const auto place = [&](trace::RowId row) {
        diagnosis::EvidenceRef ref;
        ref.row = row;
        return row.valid() ? fmt::format(" ({})", placeText(input, outline, ref)) : std::string();
    };
    const auto safe = [&](const std::string &text) {
        return base::printable(kept(input, text), false, 200);
    };
    paragraph(out, fmt::format("  m={} {} ", safe(matrix.kind), matrix.media + 1),
              fmt::format("offered by the {}{}: {}; {}{}", matrix.byCaller ? "caller" : "callee",
                          place(matrix.offer),
                          matrix.offered.empty() ? "not captured" : safe(matrix.offered),
                          matrix.answered.empty() ? "no answer to it"
                                                  : "answered: " + safe(matrix.answered),
                          place(matrix.answer)));
    out << "    " << padded("codec", kCodec) << padded("offered", kNamed)
        << padded("answered", kNamed) << padded("caller sent", kTraffic) << "caller received\n";
    for (const diagnosis::CodecLine &line : matrix.lines)
        out << "    " << padded(safe(line.codec), kCodec) << padded(namedText(line.offered), kNamed)
            << padded(namedText(line.answered), kNamed) << padded(trafficText(line.sent), kTraffic)
            << trafficText(line.received) << "\n";
}

} // namespace

void writeTextCodecs(const ReportInput &input, const ReportCall &call,
                     const ladder::Outline &outline, std::ostream &out)
{
    const auto evidence = evidenceOf(input, call);
    bool head = false;
    for (std::uint32_t i = 0; i < call.call->earlyDialogs.size(); ++i) {
        const auto matrices = diagnosis::codecMatrices(evidence, i);
        if (matrices.empty())
            continue;
        if (!head)
            out << "\nCodecs (payload types, packets)\n";
        head = true;
        if (call.call->earlyDialogs.size() > 1)
            out << "  To-tag "
                << base::printable(kept(input, call.call->earlyDialogs[i].toTag), false, 100)
                << "\n";
        for (const diagnosis::CodecMatrix &matrix : matrices)
            writeMatrix(input, outline, matrix, out);
        for (const diagnosis::AnswerChange &change : diagnosis::answerChanges(evidence, i))
            paragraph(out, "    ", kept(input, diagnosis::changeText(evidence, change)));
    }
}

} // namespace report
