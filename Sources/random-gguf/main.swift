print("random-gguf")
