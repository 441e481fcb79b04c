// The device code, as data of the library.
    .section .rodata
    .global sk_fatbin
    .hidden sk_fatbin
    .balign 16
sk_fatbin:
    .incbin FATBIN
    .section .note.GNU-stack,"",@progbits
