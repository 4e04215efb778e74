// SPDX-License-Identifier: Apache-2.0
// A program's output as a container runtime keeps it: {"log":"one line\n","time":"..."}
#include <ingest/source.h>

#include <ingest/text/container.h>
#include <ingest/text/reader.h>

namespace ingest::sources {
namespace {

int recognises(std::string_view firstBytes)
{
    return text::isContainerLog(firstBytes) ? 95 : 0;
}

} // namespace

extern const Source container_log;
const Source container_log{"container_log", "container log (JSON lines)",
                           "*.log *.json",  recognises,
                           text::read,      text::readBytes};

} // namespace ingest::sources
