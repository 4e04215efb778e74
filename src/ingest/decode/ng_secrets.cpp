// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/ng_secrets.h>

namespace ingest::decode {
namespace {

constexpr std::uint32_t kOrderMagic = 0x1A2B3C4D;
constexpr std::size_t kFrame = 12;

} // namespace

std::optional<Order> ngOrder(std::string_view section)
{
    for (const bool big : {false, true}) {
        if (Order{big}.u32(section, 8) == kOrderMagic)
            return Order{big};
    }
    return std::nullopt;
}

NgSecrets::NgSecrets(Input &input, Decoder &decoder, const Order &order,
                     const std::atomic<bool> &cancel)
    : m_input(input), m_decoder(decoder), m_order(order), m_cancel(cancel)
{
    m_decoder.onTls([this] { lookAhead(); });
}

void NgSecrets::add(std::string_view body, Order order)
{
    const std::size_t length = order.u32(body, 4);
    if (body.size() >= 8)
        m_decoder.secrets(order.u32(body, 0), body.substr(8, length));
}

void NgSecrets::take(std::string_view body)
{
    if (m_input.bytesRead() < m_knownTo)
        return;
    m_late = m_late || m_looked;
    add(body, m_order);
}

/// Only headers are read, up to the first damage: what stands behind it is taken in its turn.
void NgSecrets::lookAhead()
{
    if (m_looked)
        return;
    m_looked = true;
    const std::string_view rest = m_input.rest();
    Order order = m_order;
    std::size_t at = 0;
    while (rest.size() - at >= kFrame && !m_cancel.load(std::memory_order_relaxed)) {
        const std::string_view block = rest.substr(at);
        if (be32(block, 0) == kNgSection)
            order = ngOrder(block).value_or(order);
        const std::uint32_t length = order.u32(block, 4);
        if (length < kFrame || length % 4 != 0 || length > block.size())
            break;
        if (order.u32(block, 0) == kNgSecrets)
            add(block.substr(8, length - kFrame), order);
        at += length;
    }
    // Of a compressed file the input tells how much of the packed bytes was read: only what is
    // there as a whole has places.
    if (m_input.bytesTotal() - m_input.bytesRead() == rest.size())
        m_knownTo = m_input.bytesRead() + at;
}

} // namespace ingest::decode
