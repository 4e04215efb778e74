// SPDX-License-Identifier: Apache-2.0
// Listens to one stream of sound and says what it is, from its first half second on. Sound comes in
// as it is decoded, of any rate from 8 to 48 kHz; memory is bounded however long it lasts.
#pragma once

#include <memory>
#include <optional>
#include <rtp/heard.h>
#include <span>

namespace rtp {

class Ear
{
public:
    Ear();
    ~Ear();
    Ear(const Ear &other);
    Ear &operator=(const Ear &) = delete;
    Ear(Ear &&) noexcept;
    Ear &operator=(Ear &&) noexcept;

    /// Mono samples at `rate` Hz; rates below 8000 are not judged.
    void add(std::span<const std::int16_t> samples, std::uint32_t rate);
    /// Nothing came for that long; `comfortNoise`: the sender said that it would be so, and how
    /// loud the noise is that stands for it, in dBFS (RFC 3389).
    void quiet(base::Duration length, std::optional<double> comfortNoise = std::nullopt);

    base::Duration length() const; // listened so far
    /// One answer for all of it: what sounded longest; silence only where nothing sounded.
    Heard heard() const;
    /// What is heard at the end of it.
    Heard now() const;
    /// One after another; at most 64, the oldest are joined to one beyond that.
    std::vector<Heard> parts() const;

private:
    struct Work;
    std::unique_ptr<Work> m_work;
};

} // namespace rtp
