// SPDX-License-Identifier: Apache-2.0
// The decryption secrets of a pcapng file, wherever they stand in it: a program that captures
// writes them when it learns them, which is often behind the packets they open. When the first TLS
// connection is met the blocks that follow are looked through for them, as far as they are at hand.
// Importer's thread, owned by the reader of the file.
#pragma once

#include <atomic>
#include <cstdint>
#include <ingest/decode/bytes.h>
#include <ingest/decode/decoder.h>
#include <ingest/input.h>
#include <optional>
#include <string_view>

namespace ingest::decode {

constexpr std::uint32_t kNgSection = 0x0A0D0D0A, kNgSecrets = 10;

/// Of a section's block, from its beginning; nullopt: it does not tell.
std::optional<Order> ngOrder(std::string_view section);

class NgSecrets
{
public:
    /// `order` is the reader's, of the section under way.
    NgSecrets(Input &input, Decoder &decoder, const Order &order, const std::atomic<bool> &cancel);
    NgSecrets(const NgSecrets &) = delete;
    NgSecrets &operator=(const NgSecrets &) = delete;

    /// The body of such a block, in its turn.
    void take(std::string_view body);
    /// Secrets came behind TLS connections, as they do in compressed and growing files.
    bool late() const { return m_late; }

private:
    void lookAhead();
    void add(std::string_view body, Order order);

    Input &m_input;
    Decoder &m_decoder;
    const Order &m_order;
    const std::atomic<bool> &m_cancel;
    std::uint64_t m_knownTo = 0; // bytes of the input: secrets before were taken already
    bool m_looked = false, m_late = false;
};

} // namespace ingest::decode
