// SPDX-License-Identifier: Apache-2.0
// Calls and flows from hostile messages: the input is cut at "\n~" lines; the two characters after
// it choose the hop, the kind of row and how far the clock moves. Every fold must stay consistent
// whatever the order.
#include <calls/call_book.h>
#include <cstdint>
#include <cstdlib>
#include <flows/flow_table.h>
#include <set>
#include <string_view>

namespace {

base::Endpoint place(unsigned number)
{
    return {base::Address::v4(0xC0000200U + number), static_cast<std::uint16_t>(5060 + number / 3)};
}

void require(bool condition)
{
    if (!condition)
        std::abort();
}

void check(const trace::Trace &trace, const calls::Call &call)
{
    std::set<std::uint32_t> once;
    base::Instant before{INT64_MIN};
    for (const auto &row : call.rows) {
        require(once.insert(row.row.value).second);
        require(trace.row(row.row).time >= before);
        before = trace.row(row.row).time;
        require(row.transaction == ~0U || row.transaction < call.transactions.size());
        require(row.earlyDialog == ~0U || row.earlyDialog < call.earlyDialogs.size());
        require(!row.original.valid() || trace.text(row.original) == trace.text(row.row));
    }
    require(call.winner == ~0U || call.winner < call.earlyDialogs.size());
    for (const auto &dialog : call.earlyDialogs)
        require((dialog.state == calls::EarlyState::Terminated) == dialog.ended.known());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    std::string_view rest(reinterpret_cast<const char *>(data), size);
    trace::Trace trace;
    calls::CallBook book(trace);
    flows::FlowTable table(trace, 3);
    base::Packet packet;
    packet.time = base::Instant{1'000'000'000'000};
    for (int count = 0; !rest.empty() && count < 200; ++count) {
        const std::size_t end = rest.find("\n~");
        const std::string_view text = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
        const unsigned how = rest.empty() ? 0 : static_cast<unsigned char>(rest[0]);
        const int when = rest.size() < 2 ? 0 : static_cast<signed char>(rest[1]);
        rest.remove_prefix(std::min<std::size_t>(rest.size(), 2));
        packet.source = place(how & 3U);
        packet.destination = place(how >> 2U & 3U);
        packet.transport = (how & 0x40U) != 0 ? base::Transport::Tcp : base::Transport::Udp;
        packet.time = packet.time + std::chrono::milliseconds(when * 100);
        const auto message = sip::parse(text);
        const auto kind =
            message ? trace::RowKind::Message : static_cast<trace::RowKind>(how >> 4U & 7U);
        const auto row = trace.add(kind, packet, text, message ? &*message : nullptr);
        if (const auto id = book.add(row); id.valid())
            check(trace, *book.snapshot(id));
        if (const auto id = table.add(row, message ? &*message : nullptr); id.valid())
            require(table.snapshot(id) != nullptr);
        require(table.all().size() <= 3);
    }
    return 0;
}
