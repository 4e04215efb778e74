// SPDX-License-Identifier: Apache-2.0
#include "element_decoder.h"

#include "codecs.h"
#include "pipeline.h"

#include <cstring>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <rtp/g729.h>

namespace media {

namespace {

using namespace std::chrono_literals;
constexpr GstClockTime kPatience = 100 * GST_MSECOND; // with one frame
constexpr int kMostFailures = 3;                      // then it is left alone
constexpr int kMostWaiting = 64;
constexpr std::size_t kG729Frame = 10, kG729Silence = 2; // RFC 3551 section 4.5.6

class ElementVoice final : public rtp::VoiceDecoder
{
public:
    ElementVoice(Pipeline pipeline, std::uint32_t rate, std::size_t frame)
        : m_pipeline(std::move(pipeline)), m_rate(rate), m_frame(frame)
    {
    }
    std::uint32_t rate() const override { return m_rate; }
    void decode(std::string_view payload, std::vector<std::int16_t> &out) override
    {
        const std::size_t frame = m_frame == 0 ? payload.size() : m_frame;
        for (; frame != 0 && payload.size() >= frame && m_failures < kMostFailures;
             payload.remove_prefix(frame))
            one(payload.substr(0, frame), out);
    }

private:
    void one(std::string_view frame, std::vector<std::int16_t> &out)
    {
        if (!push(m_pipeline.part("source"), frame, GST_CLOCK_TIME_NONE)) {
            m_failures = kMostFailures;
            return;
        }
        const auto sample = Sample::adopt(
            gst_app_sink_try_pull_sample(GST_APP_SINK(m_pipeline.part("sink")), kPatience));
        GstBuffer *buffer = sample ? gst_sample_get_buffer(sample.borrow()) : nullptr;
        GstMapInfo map;
        if (buffer == nullptr || gst_buffer_map(buffer, &map, GST_MAP_READ) == FALSE) {
            ++m_failures;
            return;
        }
        m_failures = 0;
        const std::size_t at = out.size();
        out.resize(at + map.size / sizeof(std::int16_t));
        std::memcpy(out.data() + at, map.data, (out.size() - at) * sizeof(std::int16_t));
        gst_buffer_unmap(buffer, &map);
    }

    Pipeline m_pipeline;
    std::uint32_t m_rate;
    std::size_t m_frame;
    int m_failures = 0;
};

} // namespace

std::unique_ptr<rtp::VoiceDecoder> elementDecoder(const char *element, const char *caps,
                                                  std::uint32_t rate, std::size_t frame)
{
    auto made = Pipeline::make({{"appsrc", "source"},
                                {element, "decoder"},
                                {"audioconvert", "convert"},
                                {"audioresample", "resample"},
                                {"appsink", "sink"}});
    if (!made)
        return nullptr;
    const Caps in = Caps::adopt(gst_caps_from_string(caps));
    configureSource(made->part("source"), in.borrow(), kMostWaiting);
    GstElement *sink = made->part("sink");
    g_object_set(sink, "caps", rawCaps(rate).borrow(), nullptr);
    set(sink, "sync", false);
    set(sink, "async", false);
    set(sink, "max-buffers", kMostWaiting);
    if (!made->play(1s))
        return nullptr;
    return std::make_unique<ElementVoice>(std::move(*made), rate, frame);
}

std::unique_ptr<rtp::VoiceDecoder> elementDecoder(const rtp::VoiceFormat &format)
{
    const Codec *codec = codecNamed(format.encoding);
    if (format.encoding != rtp::kG729.encoding || codec == nullptr || !startGStreamer() ||
        missingPackage(*codec) != nullptr)
        return nullptr;
    // A payload may end with a frame of annex B's comfort noise, two bytes long, which is left out.
    static_assert(kG729Silence < kG729Frame);
    return elementDecoder(codec->decoder, "audio/G729,channels=1,rate=8000", codec->audioRate,
                          kG729Frame);
}

std::string decoderMissing(std::string_view encoding)
{
    const Codec *codec = codecNamed(encoding);
    const char *package = codec != nullptr && startGStreamer() ? missingPackage(*codec) : nullptr;
    std::string out = std::string(encoding) + " cannot be decoded here, so it is silent";
    return package != nullptr ? out + ": install the package " + package + "." : out + ".";
}

} // namespace media
