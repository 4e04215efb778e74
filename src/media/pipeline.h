// SPDX-License-Identifier: Apache-2.0
// What every GStreamer pipeline of this layer shares: made of named elements, filled through an
// appsrc that drops the oldest when it overflows, its errors read as sentences, torn down by its
// destructor. Media thread; private.
#pragma once

#include "gst_handles.h"

#include <base/result.h>
#include <base/time.h>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace media {

class Pipeline
{
public:
    struct Part {
        const char *element, *name;
    };
    /// All parts linked in order; the error names the element that is missing.
    static base::Result<Pipeline> make(const std::vector<Part> &parts);
    Pipeline(Pipeline &&) noexcept = default;
    Pipeline &operator=(Pipeline &&) noexcept = delete;
    ~Pipeline();

    GstElement *part(const char *name) const; // borrowed; lives as long as the pipeline
    GstElement *whole() const { return m_pipeline.borrow(); }
    /// Started or failed, at most after `limit`.
    bool play(base::Duration limit);
    /// What went wrong since the last call, nullopt: nothing. Never waits.
    std::optional<std::string> trouble();

private:
    Pipeline() = default;
    Element m_pipeline;
    Bus m_bus;
};

void set(GstElement *element, const char *property, bool value);
void set(GstElement *element, const char *property, int value);
void set(GstElement *element, const char *property, std::int64_t value);
void set(GstElement *element, const char *property, const char *value);
/// Sets any property from its text as gst-launch does; for enumerations.
void setText(GstElement *element, const char *property, const char *value);

Caps rawCaps(std::uint32_t rate);
/// `most`: buffers waiting; the oldest goes when one more comes.
void configureSource(GstElement *appsrc, GstCaps *caps, int most);
/// Copies the bytes in; `time` is the buffer's running time, GST_CLOCK_TIME_NONE: none. `marked`:
/// the buffer bears GST_BUFFER_FLAG_MARKER. False: the pipeline is broken.
bool push(GstElement *appsrc, std::string_view bytes, GstClockTime time, bool marked = false);

} // namespace media
