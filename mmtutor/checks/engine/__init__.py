"""The engine that judges an answer and names the mistake.

`exercise` says what an exercise is, `call` runs an answer safely, `world` keeps what the whole
kernel shares, `outcome` compares what came out, `mistakes` recognises a listed one, `guards` turns
bad answers into sentences, `remarks` adds what a reader should know besides, `judge` goes down the
four steps, `numbers` does so for an answer that is a number, `verdict` shows the result,
`progress` remembers it for a `person`, `history` keeps when it happened.
"""
