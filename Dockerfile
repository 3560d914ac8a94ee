# The course in a container: docker build -t mmtutor . && docker run -p 127.0.0.1:8888:8888 mmtutor
FROM python:3.12-slim

RUN useradd --create-home reader
WORKDIR /opt/mmtutor
# The smaller build of PyTorch, for CPUs; on Linux pip would bring the one for GPUs.
RUN pip install --no-cache-dir torch torchvision --index-url https://download.pytorch.org/whl/cpu
COPY --chown=reader . .
RUN pip install --no-cache-dir .

USER reader
WORKDIR /home/reader
RUN mmtutor start course
WORKDIR /home/reader/course
EXPOSE 8888
# In a container the server has to listen to the outside; -p above lets only this machine in, and a
# token is asked for, which JupyterLab prints.
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser", "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb"]
