// SPDX-License-Identifier: Apache-2.0
// The counterpart of forbidden_include.cpp: what calls may see compiles in the same surroundings.
#include <calls/call.h>
#include <trace/trace.h>
