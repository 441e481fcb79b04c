// Compiles a whole file for an instruction set the rest of the library must not assume. Include every header first.
#pragma once
#define SK_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define SK_TARGET_BEGIN(features) SK_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define SK_TARGET_END SK_PRAGMA(clang attribute pop)
#else
#define SK_TARGET_BEGIN(features) SK_PRAGMA(GCC target(features))
#define SK_TARGET_END  // never popped: templates are instantiated at the end of the file
#endif
