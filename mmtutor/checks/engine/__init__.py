"""The engine that judges an answer and names the mistake.

`exercise` says what an exercise is, `call` runs an answer safely, `outcome` compares what came out,
`guards` turns bad answers into sentences, `judge` goes down the four steps, `verdict` shows the
result, `progress` remembers it.
"""
