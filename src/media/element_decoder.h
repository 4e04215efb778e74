// SPDX-License-Identifier: Apache-2.0
// A decoder that is a GStreamer element, for who wants the sound of a payload at once and not on a
// clock. Any one thread; private.
#pragma once

#include <memory>
#include <rtp/voice.h>
#include <string>
#include <string_view>

namespace media {

/// Of what rtp/voice.h has no decoder for; nullptr: nobody here has one, see decoderMissing().
std::unique_ptr<rtp::VoiceDecoder> elementDecoder(const rtp::VoiceFormat &format);
/// The same by the element's name; `caps`: of what goes in, as gst-launch writes them; what comes
/// out has `rate`. `frame`: bytes that go in at once, 0: all.
std::unique_ptr<rtp::VoiceDecoder> elementDecoder(const char *element, const char *caps,
                                                  std::uint32_t rate, std::size_t frame);
/// Why that codec is silent, and what to install: a sentence.
std::string decoderMissing(std::string_view encoding);

} // namespace media
