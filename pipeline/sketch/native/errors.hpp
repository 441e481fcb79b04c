// Errors are a code and a sentence, per thread.
#pragma once

namespace sk {

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
int fail(int code, const char *format, ...);

}  // namespace sk
